import {
  createMessageBus,
  defineCommand,
  InvalidOptionsError,
  ok,
  typeOnly,
  type BusSignal,
} from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import type { ObservabilityHandler } from './observability-handler.ts';
import { createObservabilityManager } from './observability-manager.ts';

const Work = defineCommand('work', { data: typeOnly<{ n: number }>(), result: typeOnly<string>() });
const started: BusSignal = { type: 'bus.started', at: 0 };

function recorder(name: string, signals?: ObservabilityHandler['signals']) {
  const seen: string[] = [];
  const handler: ObservabilityHandler = {
    name,
    observe: ({ type }) => void seen.push(type),
    ...(signals && { signals }),
  };
  return { ...handler, seen };
}

async function executedWith(handler: ObservabilityHandler) {
  const bus = createMessageBus();
  bus.registerCommandHandler(Work, async () => ok('done'));
  bus.setObservabilityManager(createObservabilityManager({ handlers: [handler] }));
  return bus.execute(Work({ n: 1 }));
}

describe('createObservabilityManager', () => {
  it('12.1: fans every signal out to the handlers that want it', () => {
    const all = recorder('all');
    const some = recorder('some', ['bus.stopped']);
    const manager = createObservabilityManager({ handlers: [all, some] });

    manager.observe(started);
    manager.observe({ type: 'bus.stopped', at: 1, dropped: 0, abandoned: 0 });

    expect([all.seen, some.seen]).toEqual([['bus.started', 'bus.stopped'], ['bus.stopped']]);
  });

  it('12.1: wants only what its handlers want, so that nothing else is built', () => {
    const manager = createObservabilityManager();
    expect(manager.signals).toEqual([]);

    manager.registerHandler(recorder('a', ['bus.started']));
    manager.registerHandler(recorder('b', ['bus.started', 'bus.stopped']));
    expect(manager.signals).toEqual(['bus.started', 'bus.stopped']);

    manager.registerHandler(recorder('c'));
    expect(manager.signals).toBeUndefined();
  });

  it('12.1: wraps only where a handler does', () => {
    const manager = createObservabilityManager({ handlers: [recorder('a')] });
    expect([manager.aroundCommand, manager.aroundAttempt]).toEqual([undefined, undefined]);

    manager.registerHandler({ ...recorder('w'), aroundCommand: (_call, next) => next() });

    expect(manager.aroundCommand).toBeTypeOf('function');
    expect(manager.aroundEvent).toBeUndefined();
  });

  it('12.1: tells a bus it is attached to when what it wants or wraps has changed', async () => {
    const bus = createMessageBus();
    bus.registerCommandHandler(Work, () => ok('done'));
    const manager = createObservabilityManager();
    bus.setObservabilityManager(manager);
    const late = { ...recorder('late'), wrapped: 0 };
    const handler: ObservabilityHandler = {
      name: 'late',
      observe: ({ type }) => void late.seen.push(type),
      aroundAttempt: (_call, _attempt, run) => {
        late.wrapped += 1;
        return run();
      },
    };

    const registration = manager.registerHandler(handler);
    await bus.execute(Work({ n: 1 }));
    registration[Symbol.dispose]();
    await bus.execute(Work({ n: 2 }));

    expect(late.wrapped).toBe(1);
    expect(late.seen).toEqual([
      'command.started',
      'handler.started',
      'handler.finished',
      'command.completed',
    ]);
  });

  it('12.1: a handler that throws touches no other, and the others hear of it', () => {
    const other = recorder('other');
    const failing: ObservabilityHandler = {
      name: 'failing',
      observe: () => {
        throw new Error('broken');
      },
    };
    const manager = createObservabilityManager({ handlers: [failing, other] });

    manager.observe(started);

    expect(other.seen).toEqual(['observer.failed', 'bus.started']);
    expect(manager.failures()).toEqual({ failing: 1, other: 0 });
  });

  it('12.1: a handler that always throws is told of ever more rarely', () => {
    const other = recorder('other', ['observer.failed']);
    const failing: ObservabilityHandler = {
      name: 'failing',
      observe: () => {
        throw new Error('broken');
      },
    };
    const manager = createObservabilityManager({ handlers: [failing, other] });

    for (let count = 0; count < 1000; count++) manager.observe(started);

    expect(other.seen).toHaveLength(10);
    expect(manager.failures()['failing']).toBe(1000);
  });

  it('12.1: two handlers that fail at each other’s failures end there', () => {
    const failing = (name: string): ObservabilityHandler => ({
      name,
      observe: () => {
        throw new Error(name);
      },
    });
    const manager = createObservabilityManager({ handlers: [failing('a'), failing('b')] });

    expect(() => manager.observe(started)).not.toThrow();
  });

  it('12.1: an asynchronous handler delays nobody, its rejection reaches nobody, and flush waits for it', async () => {
    const clock = createFakeClock();
    let finished = 0;
    const slow = {
      name: 'slow',
      async observe() {
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 1_000));
        finished += 1;
        throw new Error('slow and broken');
      },
    };
    const manager = createObservabilityManager({ handlers: [slow] });

    manager.observe(started);
    const flushed = manager.flush();
    const before = finished;
    await clock.advanceAsync(1_000);
    await flushed;

    expect([before, finished, manager.failures()['slow']]).toEqual([0, 1, 1]);
  });

  it.each<[string, Partial<ObservabilityHandler>]>([
    [
      'throws at once',
      {
        aroundCommand: () => {
          throw new Error('broken');
        },
      },
    ],
    ['rejects before calling next', { aroundCommand: () => Promise.reject(new Error('broken')) }],
    [
      'rejects after next',
      {
        aroundCommand: async (_call, next) => {
          await next();
          throw new Error('broken');
        },
      },
    ],
    ['never calls next', { aroundCommand: () => new Promise(() => {}) }],
    [
      'never settles',
      {
        aroundCommand: async (_call, next) => {
          await next();
          return new Promise(() => {});
        },
      },
    ],
    [
      'throws round attempts',
      {
        aroundAttempt: () => {
          throw new Error('broken');
        },
      },
    ],
    [
      'never settles round attempts',
      {
        aroundAttempt: async (_call, _attempt, run) => {
          await run();
          return new Promise<never>(() => {});
        },
      },
    ],
  ])('12.1: a handler whose wrapper %s changes no result', async (_what, wrapper) => {
    const result = await executedWith({ ...recorder('wrapping'), ...wrapper });

    expect(result).toMatchObject({ success: true, result: 'done' });
  });

  it('12.1: what the work itself throws is no failure of the wrapper', async () => {
    const manager = createObservabilityManager({
      handlers: [{ ...recorder('w'), aroundEvent: (_call, next) => next() }],
    });

    const thrown = manager.aroundEvent!({} as never, () =>
      Promise.reject(new Error('the handler’s own')),
    );

    await expect(thrown).rejects.toThrow('the handler’s own');
    expect(manager.failures()).toEqual({ w: 0 });
  });

  it('12.1: handlers are registered, listed and unregistered, by themselves or by name', () => {
    const manager = createObservabilityManager();
    const [a, b] = [recorder('a'), recorder('b')];
    manager.registerHandler(a);
    manager.registerHandler(b);

    expect(manager.handlers.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(manager.unregisterHandler('a')).toBe(true);
    expect(manager.unregisterHandler(b)).toBe(true);
    expect(manager.unregisterHandler(b)).toBe(false);
    expect(manager.handlers).toEqual([]);
  });

  it('refuses two handlers of one name', () => {
    const manager = createObservabilityManager({ handlers: [recorder('a')] });

    expect(() => manager.registerHandler(recorder('a'))).toThrow(InvalidOptionsError);
  });

  it('may be disposed twice', async () => {
    let disposed = 0;
    const handler: ObservabilityHandler = {
      ...recorder('a'),
      async [Symbol.asyncDispose]() {
        disposed += 1;
      },
    };
    const manager = createObservabilityManager({ handlers: [handler] });

    await manager[Symbol.asyncDispose]();
    await manager[Symbol.asyncDispose]();

    expect(disposed).toBe(1);
  });
});
