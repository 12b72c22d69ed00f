import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { createMessageBus, every, sessionId } from '../src/index.ts';
import { Ask, gate, Heard, Said, startBus } from './running-bus.ts';

const unawaited = { awaitProcessing: false };

describe("users' async context", () => {
  it("3.7 a queued event runs in its publisher's async context, never in that of whoever started the pump", async () => {
    const { bus } = await startBus();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, async ({ data }) => {
      await null;
      seen.push([data.text, user.getStore()]);
    });

    for (const name of ['a', 'b', 'c']) {
      user.run(name, () => void bus.publish(Said({ text: name }), unawaited));
    }
    void bus.publish(Said({ text: 'nobody' }), unawaited);
    await bus.waitForEvents();

    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
      ['nobody', undefined],
    ]);
  });

  it('3.7 an event that neither handlers nor observers hear of is processed, and the next runs in its own context', async () => {
    await using bus = createMessageBus(); // unobserved, unlike others here
    await bus.start();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, () => void seen.push(user.getStore()));

    const unheard = user.run('unheard', () => bus.publish(Heard({ text: '' })));
    const heard = user.run('heard', () => bus.publish(Said({ text: '' })));

    expect(await unheard).toEqual({ status: 'processed', failures: [] });
    await heard;
    bus.registerEventHandler(Heard, () => void seen.push(user.getStore()));
    await user.run('heard by now', () => bus.publish(Heard({ text: '' })));
    expect(seen).toEqual(['heard', 'heard by now']);
  });

  it('3.7 it reaches every priority group, also after a slow one', async () => {
    const { bus, clock } = await startBus();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const slow = gate();
    bus.registerEventHandler(Said, () => slow.promise, { priority: 1 });
    bus.registerEventHandler(Said, () => new Promise(() => {}), { priority: 2, timeoutMs: 10 });
    bus.registerEventHandler(Said, () => void seen.push(user.getStore()), { priority: 3 });
    const published = user.run('a', () => bus.publish(Said({ text: '' })));

    user.run('somebody else', () => slow.resolve());
    await clock.advanceAsync(10);
    await published;

    expect(seen).toEqual(['a']);
  });

  it('3.7 it reaches nested events and commands', async () => {
    const { bus } = await startBus();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    bus.registerCommandHandler(Ask, async (_command, context) => {
      seen.push(user.getStore());
      await user.run('inner', () => context.publish(Heard({ text: '' })));
      seen.push(user.getStore());
      return '';
    });
    bus.registerEventHandler(Heard, () => void seen.push(user.getStore()));
    bus.registerEventHandler(Said, (_event, context) =>
      context.execute(Ask({ text: '' })).then(() => {}),
    );

    await user.run('outer', () => bus.publish(Said({ text: '' })));

    expect(seen).toEqual(['outer', 'inner', 'outer']);
  });

  it("3.7 the caller's own context is as it was after a publish, an execute and a session", async () => {
    const { bus } = await startBus();
    const user = new AsyncLocalStorage<string>();
    bus.registerEventHandler(Said, () => user.enterWith('handler'));
    bus.registerCommandHandler(Ask, () => {
      user.enterWith('handler');
      return '';
    });

    const seen = await user.run('caller', async () => {
      const executed = bus.execute(Ask({ text: '' }));
      const during = user.getStore();
      await executed;
      await bus.publish(Said({ text: '' }));
      await using _session = await bus.session(sessionId('s'));
      return [during, user.getStore()];
    });

    expect(seen).toEqual(['caller', 'caller']);
  });

  it('3.7 the scope of a handler does not leak to the queued events that others published meanwhile', async () => {
    const { bus } = await startBus();
    const seen: unknown[] = [];
    const opened = gate();
    bus.registerEventHandler(Said, async () => {
      await opened.promise;
    });
    bus.registerEventHandler(Heard, (event) => void seen.push(event));
    void bus.publish(Said({ text: '' }));
    void bus.publish(Heard({ text: '' }));

    opened.resolve();
    await bus.waitForEvents();

    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toHaveProperty('causationId');
  });

  it('3.7 a scheduled event carries the context of nobody', async () => {
    const { bus, clock } = await startBus();
    const user = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    bus.registerEventHandler(
      Said,
      (event) => void seen.push([event.data.text, user.getStore(), event.causationId]),
    );

    await user.run('a', async () => {
      await bus.publish(Said({ text: 'once' }, { scheduledAt: clock.now() + 100 }));
      bus.schedule(Said({ text: 'again' }), every(150));
    });
    await user.run('b', () => clock.advanceAsync(1_000));

    expect(new Set(seen.map((each) => (each as unknown[])[1]))).toEqual(new Set([undefined]));
    expect(seen.length).toBeGreaterThan(2);
  });

  it('3.7 a caller that is inside a scope of one bus is outside on another', async () => {
    const [one, other] = [await startBus(), await startBus()];
    const seen: unknown[] = [];
    other.bus.registerEventHandler(Heard, (event) => void seen.push(event));
    one.bus.registerEventHandler(Said, async () => {
      await other.bus.publish(Heard({ text: '' }));
      await other.bus.waitForEvents();
    });

    expect(await one.bus.publish(Said({ text: '' }))).toMatchObject({ failures: [] });
    expect(seen[0]).not.toHaveProperty('causationId');
  });
});
