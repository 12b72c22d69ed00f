import { describe, expect, it } from 'vitest';
import { defineEvent, sessionId, typeOnly } from '../src/index.ts';
import { forever, gate, Heard, now, Said, settle, startBus } from './running-bus.ts';

const unawaited = { awaitProcessing: false };
const inSession = (name: string) => ({ sessionId: sessionId(name) });

describe('lanes', () => {
  it('3.5 queued events of one lane are dispatched in publish order, one at a time', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.registerEventHandler(Said, async ({ data }) => {
      steps.push(`${data.text} begins`);
      await null;
      steps.push(`${data.text} ends`);
    });

    for (const text of ['a', 'b', 'c']) void bus.publish(Said({ text }), unawaited);
    await bus.waitForEvents();

    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('3.5 awaited and unawaited publishes from outside keep one order', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));

    await Promise.all([
      bus.publish(Said({ text: 'a' }), unawaited),
      bus.publish(Said({ text: 'b' })),
      bus.publish(Said({ text: 'c' }), unawaited),
      bus.publish(Said({ text: 'd' })),
    ]);

    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  it('3.5 lanes run side by side: a slow session delays nobody, the bus scope neither', async () => {
    const { bus, clock } = await startBus();
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) =>
      data.text === 'slow' ? forever() : void seen.push(data.text),
    );
    for (let index = 0; index < 5; index++)
      void bus.publish(Said({ text: 'slow' }, inSession('a')));

    void bus.publish(Said({ text: 'b' }, inSession('b')));
    void bus.publish(Said({ text: 'bus' }));
    await settle({ clock });

    expect(seen).toEqual(['b', 'bus']);
  });

  it('3.5 concurrency bounds the lanes that run side by side', async () => {
    const { bus, clock } = await startBus({ concurrency: 2 });
    const gates = new Map([1, 2, 3, 4].map((index) => [`${index}`, gate()]));
    const started: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => {
      started.push(data.text);
      return gates.get(data.text)!.promise;
    });
    for (const text of gates.keys()) void bus.publish(Said({ text }, inSession(text)));
    await settle({ clock });
    expect(started).toEqual(['1', '2']);

    gates.get('2')!.resolve();
    await settle({ clock });
    expect(started).toEqual(['1', '2', '3']);

    gates.get('1')!.resolve();
    gates.get('3')!.resolve();
    await settle({ clock });
    expect(started).toEqual(['1', '2', '3', '4']);
  });

  it('3.5 a nested call takes no place of concurrency', async () => {
    const { bus, clock } = await startBus({ concurrency: 1 });
    bus.registerEventHandler(Said, (_event, context) =>
      context.publish(Heard({ text: '' }, inSession('b'))).then(() => {}),
    );

    expect(await now(bus.publish(Said({ text: '' }, inSession('a'))), clock)).toMatchObject({
      status: 'processed',
      failures: [],
    });
  });

  it('3.5 lanes hold no backlog: every accepted, unstarted event is counted in the queue', async () => {
    const { bus, clock, signals } = await startBus();
    bus.registerEventHandler(Said, forever);
    for (let index = 0; index < 10; index++)
      await bus.publish(Said({ text: '' }, inSession('a')), unawaited);
    await bus.publish(Said({ text: '' }, inSession('b')), unawaited);
    await settle({ clock });

    expect(bus.getStats()).toMatchObject({ queueSize: 9, inFlight: 2 });
    expect(signals.of('event.queued').at(-2)?.queueSize).toBeGreaterThanOrEqual(9);
  });

  it('3.5 sessions named like lanes stay apart from them', async () => {
    const { bus, clock } = await startBus();
    const Keyed = defineEvent('keyed', { data: typeOnly<unknown>(), lane: () => 'a' });
    const seen: string[] = [];
    bus.registerEventHandler(Said, forever);
    bus.registerEventHandler(Keyed, () => void seen.push('keyed'));

    void bus.publish(Said({ text: '' }, inSession('key:a')));
    void bus.publish(Said({ text: '' }, inSession('none')));
    void bus.publish(Keyed({}, inSession('BUS')));
    await settle({ clock });

    expect(seen).toEqual(['keyed']);
  });

  it('3.6 an awaited publish inside a handler overtakes its lane and is finished when the promise says so', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.registerEventHandler(Said, async ({ data }, context) => {
      steps.push(`${data.text} begins`);
      if (data.text === 'a') await context.publish(Heard({ text: 'nested' }));
      steps.push(`${data.text} ends`);
    });
    bus.registerEventHandler(Heard, async () => {
      await null;
      steps.push('nested ends');
    });

    void bus.publish(Said({ text: 'a' }));
    await bus.publish(Said({ text: 'b' }));

    expect(steps).toEqual(['a begins', 'nested ends', 'a ends', 'b begins', 'b ends']);
  });

  it('3.6 un-awaited publishes inside a handler go through the queue, behind what waits there', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    bus.registerEventHandler(Said, async ({ data }, context) => {
      seen.push(data.text);
      await null;
      if (data.text === 'a') await context.publish(Said({ text: 'c' }), unawaited);
    });

    void bus.publish(Said({ text: 'a' }));
    void bus.publish(Said({ text: 'b' }));
    await bus.waitForEvents();

    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('3.6 siblings published together by one parent run one after another per lane', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      await Promise.all(
        ['a1', 'b1', 'a2', 'b2'].map((text) =>
          context.publish(Heard({ text }, inSession(text[0]!))),
        ),
      );
    });
    bus.registerEventHandler(Heard, async ({ data }) => {
      steps.push(`${data.text} begins`);
      await null;
      await null;
      steps.push(`${data.text} ends`);
    });

    await bus.publish(Said({ text: '' }));

    const ofLane = (lane: string) => steps.filter((step) => step.startsWith(lane));
    expect(ofLane('a')).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends']);
    expect(ofLane('b')).toEqual(['b1 begins', 'b1 ends', 'b2 begins', 'b2 ends']);
    expect(steps.indexOf('b1 begins')).toBeLessThan(steps.indexOf('a1 ends'));
  });

  it('3.6 siblings of a command handler take turns too', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      await Promise.all(['a', 'b', 'c'].map((text) => context.publish(Heard({ text }))));
    });
    bus.registerEventHandler(Heard, async ({ data }) => {
      steps.push(data.text);
      await null;
      steps.push(data.text);
    });

    await bus.publish(Said({ text: '' }));

    expect(steps.join('')).toBe('aabbcc');
  });
});
