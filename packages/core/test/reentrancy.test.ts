import { describe, expect, it } from 'vitest';
import {
  defineEvent,
  sessionId,
  typeOnly,
  type HandlerContext,
  type PublishReceipt,
} from '../src/index.ts';
import { Ask, forever, gate, Heard, now, Said, settle, startBus, Tell } from './running-bus.ts';

const unawaited = { awaitProcessing: false };
const Level = defineEvent('level', { data: typeOnly<{ readonly left: number }>() });

describe('re-entrancy', () => {
  it('3.6 an awaited publish of the same type, in the same lane, inside its own handler does not deadlock', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Level, async ({ data }, context) => {
      if (data.left > 0) await context.publish(Level({ left: data.left - 1 }));
      handled++;
    });

    const receipt = await now(bus.publish(Level({ left: 31 })), clock);

    expect(receipt).toEqual({ status: 'processed', failures: [] });
    expect(handled).toBe(32);
  });

  it('3.6 through a bare bus.publish and bus.execute as well', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, async () => {
      await bus.execute(Ask({ text: '' }));
    });
    bus.registerCommandHandler(Ask, async () => {
      await bus.publish(Heard({ text: '' }));
      return '';
    });
    let heard = 0;
    bus.registerEventHandler(Heard, () => void heard++);

    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
    expect(heard).toBe(1);
  });

  it('3.6 in deferred promise chains of the handler as well', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, () =>
      Promise.resolve()
        .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
        .then(() => bus.publish(Heard({ text: '' })))
        .then(() => {}),
    );

    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
  });

  it.each([false, true])(
    '3.6 nesting is bounded at 32 levels with PUBLISH_TOO_DEEP (handlers with a deadline: %s)',
    async (limited) => {
      const { bus, clock } = await startBus();
      let deepest = 0;
      let refused: unknown;
      bus.registerEventHandler(
        Level,
        async ({ data }, context) => {
          deepest = Math.max(deepest, data.left);
          await context.publish(Level({ left: data.left + 1 })).catch((thrown: unknown) => {
            refused ??= thrown;
          });
        },
        limited ? { timeoutMs: 1_000 } : {},
      );

      expect(await now(bus.publish(Level({ left: 1 })), clock)).toMatchObject({ failures: [] });
      expect(deepest).toBe(32);
      expect(refused).toMatchObject({
        code: 'LLMGINE_PUBLISH_TOO_DEEP',
        messageType: 'level',
        depth: 32,
      });
    },
  );

  it('3.6 executes count as levels too', async () => {
    const { bus, clock } = await startBus();
    let calls = 0;
    bus.registerCommandHandler(Ask, async (_command, context) => {
      calls++;
      return context.execute(Ask({ text: '' }));
    });

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_PUBLISH_TOO_DEEP' },
    });
    expect(calls).toBe(32);
  });

  it('3.6 un-awaited publishes are no levels: a chain of them goes on for ever', async () => {
    const { bus } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Level, async ({ data }, context) => {
      handled++;
      if (data.left > 0) await context.publish(Level({ left: data.left - 1 }), unawaited);
    });

    await bus.publish(Level({ left: 200 }));
    await bus.waitForEvents();

    expect(handled).toBe(201);
  });

  it('3.6 two sessions that await each other do not deadlock', async () => {
    const { bus, clock } = await startBus();
    const [a, b] = [await bus.session(sessionId('a')), await bus.session(sessionId('b'))];
    const pingPong =
      (other: typeof a) => async (event: { data: { left: number } }, context: HandlerContext) => {
        const { left } = event.data;
        if (left > 0)
          await context.publish(Level({ left: left - 1 }, { sessionId: other.sessionId }));
      };
    a.registerEventHandler(Level, pingPong(b));
    b.registerEventHandler(Level, pingPong(a));

    const receipts = Promise.all([a.publish(Level({ left: 10 })), b.publish(Level({ left: 10 }))]);

    expect(await now(receipts, clock)).toEqual([
      { status: 'processed', failures: [] },
      { status: 'processed', failures: [] },
    ]);
  });

  it('3.6 a nested call passes filters, log and observers', async () => {
    const logged: string[] = [];
    const { bus, signals } = await startBus({
      eventLog: { append: ({ type }) => void logged.push(type), flush: async () => {} },
    });
    bus.addEventFilter({
      name: 'no secrets',
      accepts: (event) => (event.data as { text: string }).text !== 'secret',
    });
    const receipts: PublishReceipt[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      receipts.push(await context.publish(Heard({ text: 'secret' })));
      receipts.push(await context.publish(Heard({ text: 'open' })));
    });

    await bus.publish(Said({ text: '' }));

    expect(receipts).toEqual([
      { status: 'filtered', filter: 'no secrets' },
      { status: 'processed', failures: [] },
    ]);
    expect(logged).toEqual(['said', 'heard']);
    expect(signals.of('event.published')).toHaveLength(3);
    expect(signals.of('event.processed').map(({ event }) => event.type)).toEqual(['heard', 'said']);
  });

  it('3.6 the parent ends after its inline children, though its handler did not wait for them', async () => {
    const { bus, clock } = await startBus();
    const child = gate();
    bus.registerEventHandler(Said, (_event, context) => void context.publish(Heard({ text: '' })));
    bus.registerEventHandler(Heard, () => child.promise);
    const published = bus.publish(Said({ text: '' }));
    expect(await now(published, clock)).toBe('pending');

    child.resolve();

    expect(await now(published, clock)).toMatchObject({ status: 'processed' });
  });

  it('3.6 a handler with a deadline ends after its inline children too', async () => {
    const { bus, clock } = await startBus();
    const child = gate();
    let nextGroup = false;
    bus.registerEventHandler(Said, (_event, context) => void context.publish(Heard({ text: '' })), {
      timeoutMs: 1_000,
    });
    bus.registerEventHandler(Said, () => void (nextGroup = true), { priority: 90 });
    bus.registerEventHandler(Heard, () => child.promise);
    const published = bus.publish(Said({ text: '' }));
    expect(await now(published, clock)).toBe('pending');

    child.resolve();

    expect(await now(published, clock)).toMatchObject({ failures: [] });
    expect(nextGroup).toBe(true);
  });

  it('3.6 a command handler that does not wait for its inline children loses none of them', async () => {
    const { bus, clock } = await startBus();
    const seen: string[] = [];
    bus.registerCommandHandler(Ask, (_command, context) => {
      for (const text of ['a', 'b', 'c']) void context.publish(Said({ text }));
      return 'done';
    });
    bus.registerEventHandler(Said, async ({ data }) => {
      await null;
      seen.push(data.text);
    });

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ result: 'done' });
    await settle({ clock });

    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('3.6 the children of a handler that timed out are not waited for, and are aborted', async () => {
    const { bus, clock } = await startBus();
    let childSignal: AbortSignal | undefined;
    bus.registerEventHandler(
      Said,
      (_event, context) => context.publish(Heard({ text: '' })).then(() => {}),
      {
        timeoutMs: 10,
      },
    );
    bus.registerEventHandler(Heard, (_event, context) => {
      childSignal = context.signal;
      return forever();
    });
    const published = bus.publish(Said({ text: '' }));

    await clock.advanceAsync(10);

    expect(await now(published, clock)).toMatchObject({
      failures: [{ error: { code: 'LLMGINE_HANDLER_TIMEOUT' } }],
    });
    expect(childSignal?.aborted).toBe(true);
    expect(bus.getStats().inFlight).toBe(0);
  });

  it("3.6 a failing nested event fails its own receipt, not the parent's", async () => {
    const { bus } = await startBus();
    let nested: PublishReceipt | undefined;
    bus.registerEventHandler(Said, async (_event, context) => {
      nested = await context.publish(Heard({ text: '' }));
    });
    bus.registerEventHandler(Heard, () => Promise.reject(new Error('no')), { name: 'h' });

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ failures: [] });
    expect(nested).toMatchObject({ failures: [{ handler: 'h' }] });
  });

  it('3.6 sibling of another session: awaited publishes in parallel handlers all end', async () => {
    const { bus, clock } = await startBus();
    for (let index = 0; index < 5; index++) {
      bus.registerEventHandler(
        Said,
        async (_event, context) => {
          await Promise.all([
            context.publish(Heard({ text: '1' })),
            context.execute(Ask({ text: '' })),
            context.publish(Heard({ text: '2' }, { sessionId: sessionId('x') })),
          ]);
        },
        { name: `handler ${index}` },
      );
    }
    bus.registerCommandHandler(Ask, (_command, context) =>
      context.publish(Heard({ text: 'from command' })).then(() => ''),
    );
    let heard = 0;
    bus.registerEventHandler(Heard, async () => {
      await null;
      heard++;
    });

    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
    expect(heard).toBe(15);
  });

  it('3.7 work that a handler leaves behind neither inlines nor inherits', async () => {
    const { bus, clock } = await startBus();
    const left = gate();
    const seen: unknown[] = [];
    let leftBehind: Promise<unknown> | undefined;
    bus.registerEventHandler(Said, (_event, context) => {
      leftBehind = left.promise.then(async () => {
        await bus.publish(Heard({ text: 'bare' }));
        await context.publish(Heard({ text: 'context' }));
        await bus.waitForEvents();
      });
    });
    bus.registerEventHandler(Heard, (event) => void seen.push(event));
    await bus.publish(Said({ text: '' }, { sessionId: sessionId('s') }));

    left.resolve();
    await now(leftBehind!, clock);

    expect(seen).toMatchObject([
      { data: { text: 'bare' }, sessionId: 'BUS' },
      { data: { text: 'context' }, sessionId: 's' },
    ]);
    for (const event of seen) expect(event).not.toHaveProperty('causationId');
  });

  it('3.7 the scope closes with the command as it does with the event', async () => {
    const { bus, clock } = await startBus();
    const left = gate();
    let receipt: Promise<unknown> | undefined;
    bus.registerCommandHandler(Ask, () => {
      receipt = left.promise.then(() => bus.waitForEvents());
      return '';
    });
    await bus.execute(Ask({ text: '' }));

    left.resolve();

    expect(await now(receipt!, clock)).toBeUndefined();
  });

  describe("reentrancy: 'context'", () => {
    it('3.7 publishes through the context are nested', async () => {
      const { bus, clock } = await startBus({ reentrancy: 'context' });
      bus.registerEventHandler(Level, async ({ data }, context) => {
        if (data.left > 0) await context.publish(Level({ left: data.left - 1 }));
      });
      bus.registerCommandHandler(Tell, (_command, context) => context.publish(Level({ left: 5 })));

      expect(await now(bus.publish(Level({ left: 5 })), clock)).toMatchObject({ failures: [] });
      expect(await now(bus.execute(Tell({ text: '' })), clock)).toMatchObject({ success: true });
    });

    it('3.7 a bare publish is no nested call and inherits nothing', async () => {
      const { bus } = await startBus({ reentrancy: 'context' });
      const seen: unknown[] = [];
      bus.registerEventHandler(Said, () =>
        bus.publish(Heard({ text: '' }), unawaited).then(() => {}),
      );
      bus.registerEventHandler(Heard, (event) => void seen.push(event));

      await bus.publish(Said({ text: '' }));
      await bus.waitForEvents();

      expect(seen).toHaveLength(1);
      expect(seen[0]).not.toHaveProperty('causationId');
    });
  });
});
