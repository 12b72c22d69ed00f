import { describe, expect, it } from 'vitest';
import { createSignalHub, type BusSignal, type BusSignalType } from '../src/index.ts';
import { Ask, Said, startBus } from './running-bus.ts';

describe('observers', () => {
  it('watch everything the bus reports, in order, with instants', async () => {
    const { bus, clock, signals } = await startBus();
    bus.registerEventHandler(Said, () => {}, { name: 'h' });
    clock.advance(500);

    await bus.publish(Said({ text: '' }));

    expect(signals.types()).toEqual([
      'bus.started',
      'handlers.changed',
      'event.published',
      'event.queued',
      'handler.started',
      'handler.finished',
      'event.processed',
    ]);
    expect(signals.all.at(-1)?.at).toBe(clock.now());
  });

  it('report durations in monotonic time, also when the clock is set', async () => {
    const { bus, clock, signals } = await startBus();
    bus.registerCommandHandler(Ask, async () => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 40));
      return '';
    });
    const executed = bus.execute(Ask({ text: '' }));
    clock.setNow(1);

    await clock.advanceAsync(40);
    await executed;

    expect(signals.of('command.completed')).toMatchObject([{ durationMs: 40 }]);
  });

  it('one that throws disturbs nobody and is reported to the others', async () => {
    const { bus, signals } = await startBus();
    bus.addObserver({
      observe: () => {
        throw new Error('broken');
      },
    });

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });

    expect(signals.of('observer.failed').length).toBeGreaterThan(0);
    expect(signals.of('observer.failed')[0]).toMatchObject({ error: { message: 'broken' } });
  });

  it('two that throw at everything do not go on for ever', async () => {
    const { bus } = await startBus();
    for (let index = 0; index < 2; index++) {
      bus.addObserver({
        observe: () => {
          throw new Error('broken');
        },
      });
    }

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });

  it('one that names the signals it wants gets no others', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    bus.addObserver({ signals: ['event.processed'], observe: ({ type }) => void seen.push(type) });
    bus.registerCommandHandler(Ask, () => '');

    await bus.publish(Said({ text: '' }));
    await bus.execute(Ask({ text: '' }));

    expect(seen).toEqual(['event.processed']);
  });

  it('a disposed one sees nothing more', async () => {
    const { bus } = await startBus();
    let seen = 0;
    const observing = bus.addObserver({ observe: () => void seen++ });

    observing[Symbol.dispose]();
    observing[Symbol.dispose]();
    await bus.publish(Said({ text: '' }));

    expect(seen).toBe(0);
  });

  it('one may publish on the bus it watches', async () => {
    const { bus } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    bus.addObserver({
      observe: (signal) => {
        if (signal.type === 'command.completed') void bus.publish(Said({ text: '' }));
      },
    });
    bus.registerCommandHandler(Ask, () => '');

    await bus.execute(Ask({ text: '' }));
    await bus.waitForEvents();

    expect(handled).toBe(1);
  });

  it('a throwing filter refuses nothing, is reported, and counts as accepting', async () => {
    const { bus, signals } = await startBus();
    bus.addEventFilter({
      name: 'broken',
      accepts: () => {
        throw new Error('no');
      },
    });

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
    expect(signals.of('filter.failed')).toMatchObject([
      { filter: 'broken', error: { message: 'no' } },
    ]);
  });

  it("filters see the user's events; the bus's own pass unless a filter asks for them", async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    const see = ({ type }: { readonly type: string }): boolean => seen.push(type) > 0;
    const filter = bus.addEventFilter({ name: 'users', accepts: see });
    await (await bus.session()).end();
    await bus.publish(Said({ text: '' }));
    expect(seen).toEqual(['said']);
    filter[Symbol.dispose]();

    bus.addEventFilter({ name: 'all', busEvents: true, accepts: see });
    await (await bus.session()).end();

    expect(seen).toEqual(['said', 'llmgine.session.started', 'llmgine.session.ended']);
  });

  it('filters are asked in order, the first refusal decides', async () => {
    const { bus } = await startBus();
    const asked: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      bus.addEventFilter({ name, accepts: () => (asked.push(name), name !== 'b') });
    }

    expect(await bus.publish(Said({ text: '' }))).toEqual({ status: 'filtered', filter: 'b' });
    expect(asked).toEqual(['a', 'b']);
  });
});

describe('setObservabilityManager', () => {
  it('adds the manager as observer and outermost middleware, its attempts innermost', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.addCommandMiddleware({
      name: 'm',
      aroundCommand: (_call, next) => (steps.push('middleware'), next()),
    });
    bus.setObservabilityManager({
      name: 'manager',
      observe: ({ type }) => void (type === 'command.started' && steps.push(type)),
      aroundCommand: (_call, next) => (steps.push('manager'), next()),
      aroundAttempt: (_call, attempt, run) => (steps.push(`attempt ${attempt}`), run()),
    });
    bus.registerCommandHandler(Ask, () => (steps.push('handler'), ''));

    await bus.execute(Ask({ text: '' }));

    expect(steps).toEqual(['command.started', 'manager', 'middleware', 'attempt 1', 'handler']);
  });

  it('replaces the one before, and is gone when disposed', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    bus.setObservabilityManager({ observe: () => void seen.push('first') });
    const second = bus.setObservabilityManager({ observe: () => void seen.push('second') });
    await bus.publish(Said({ text: '' }));
    expect(new Set(seen)).toEqual(new Set(['second']));
    seen.length = 0;

    second[Symbol.dispose]();
    await bus.publish(Said({ text: '' }));

    expect(seen).toEqual([]);
  });
});

describe('createSignalHub', () => {
  const signal: BusSignal = { type: 'bus.started', at: 1 };

  it('wants nothing while nobody observes, and what its observers want together', () => {
    const hub = createSignalHub();
    const wanted = (): BusSignalType[] =>
      (['bus.started', 'event.queued'] as const).filter((type) => hub.wants(type));
    expect([hub.active, wanted()]).toEqual([false, []]);

    const observing = hub.add({ signals: ['bus.started'], observe: () => {} });
    expect([hub.active, wanted()]).toEqual([true, ['bus.started']]);
    hub.add({ observe: () => {} });
    expect(wanted()).toEqual(['bus.started', 'event.queued']);
    hub.clear();
    observing[Symbol.dispose]();

    expect([hub.active, wanted()]).toEqual([false, []]);
  });

  it('the same observer added twice sees everything twice, and is removed once', () => {
    const hub = createSignalHub();
    let seen = 0;
    const observer = { observe: () => void seen++ };
    const first = hub.add(observer);
    hub.add(observer);
    hub.emit(signal);
    expect(seen).toBe(2);

    first[Symbol.dispose]();
    hub.emit(signal);

    expect(seen).toBe(3);
  });

  it('may be shared by several buses: a reset of one clears its observers', async () => {
    const hub = createSignalHub();
    const { bus } = await startBus({ signals: hub });
    hub.add({ observe: () => {} });

    await bus.reset();

    expect(hub.active).toBe(false);
  });
});
