import {
  createMessageBus,
  createSignalHub,
  defineEvent,
  failed,
  typeOnly,
  type CommandMiddleware,
} from '@llmgine/core';
import {
  rateLimitMiddleware,
  retryMiddleware,
  timingMiddleware,
  validationMiddleware,
} from '@llmgine/middleware';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { Add, Added } from './calls.ts';

const Other = defineEvent('other', { data: typeOnly<void>() });

function create() {
  const clock = createFakeClock();
  const bus = createMessageBus({ clock, signals: createSignalHub({ clock }) });
  return { clock, bus };
}

describe('middleware on the bus (8)', () => {
  it('retries inside, so that the handler counts attempts and timing sees one command', async () => {
    const { clock, bus } = create();
    const timing = timingMiddleware({ clock });
    const attempts: number[] = [];
    bus.addCommandMiddleware(timing);
    bus.addCommandMiddleware(retryMiddleware({ clock, jitter: 'none' }));
    bus.registerCommandHandler(Add, (_, context) => {
      attempts.push(context.attempt);
      if (attempts.length < 3) throw new Error('not yet');
    });
    await bus.start();

    const result = bus.execute(Add({ n: 1 }));
    await clock.advanceAsync(300);

    expect(await result).toMatchObject({ success: true });
    expect(attempts).toEqual([1, 2, 3]);
    expect(timing.report().commands['add']).toMatchObject({ count: 1, maxMs: 300 });
    await bus.stop();
  });

  it('ends its waits when the command is cancelled', async () => {
    const { clock, bus } = create();
    bus.addCommandMiddleware(rateLimitMiddleware({ maxPerSecond: 0.01, clock }));
    bus.addCommandMiddleware(retryMiddleware({ clock, jitter: 'none', delayMs: 60_000 }));
    bus.registerCommandHandler(Add, () => {
      throw new Error('down');
    });
    await bus.start();

    const results = [1, 2].map((n) => bus.execute(Add({ n }), { timeoutMs: 100 }));
    await clock.advanceAsync(100);

    expect(await Promise.all(results)).toMatchObject([
      { error: { code: 'LLMGINE_COMMAND_TIMEOUT', cause: { message: 'down' } } },
      { error: { code: 'LLMGINE_COMMAND_TIMEOUT' } },
    ]);
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(0);
    await bus.stop();
  });

  it('keeps invalid messages from their handlers, and shows that in results and receipts', async () => {
    const { bus } = create();
    const validation = validationMiddleware();
    bus.addCommandMiddleware(validation);
    bus.addEventMiddleware(validation);
    bus.registerCommandHandler(Add, () => expect.unreachable());
    bus.registerEventHandler(Added, () => expect.unreachable());
    await bus.start();

    const result = await bus.execute({ ...Add({ n: 1 }), data: {} as { n: number } });
    const receipt = await bus.publish({ ...Added({ n: 1 }), data: {} });

    expect(result).toMatchObject({ error: { code: 'LLMGINE_VALIDATION_FAILED' } });
    expect(receipt).toMatchObject({ failures: [{ error: { code: 'LLMGINE_VALIDATION_FAILED' } }] });
    expect(await bus.publish(Other())).toMatchObject({ failures: [] });
    await bus.stop();
  });

  it('may not call next twice, and may leave it', async () => {
    const { bus } = create();
    let calls = 0;
    bus.registerCommandHandler(Add, () => void calls++);
    await bus.start();
    const twice: CommandMiddleware = {
      name: 'twice',
      async aroundCommand(_, next) {
        await next();
        return next();
      },
    };
    const never: CommandMiddleware = {
      name: 'never',
      aroundCommand: ({ command }) => Promise.resolve(failed(new Error('refused'), command.id)),
    };

    using adding = bus.addCommandMiddleware(twice);
    expect(await bus.execute(Add({ n: 1 }))).toMatchObject({
      error: { code: 'LLMGINE_MIDDLEWARE_MISUSE' },
    });
    adding[Symbol.dispose]();
    bus.addCommandMiddleware(never);
    expect(await bus.execute(Add({ n: 1 }))).toMatchObject({ error: { message: 'refused' } });

    expect(calls).toBe(1);
    await bus.stop();
  });
});
