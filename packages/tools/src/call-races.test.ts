import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, EventMessage, EventPublisher, SessionId } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { defineTool, type ToolShape } from './define-tool.ts';
import type { ToolConnection } from './tool-connection.ts';
import { createToolManager, type ToolManager } from './tool-manager.ts';
import type { ToolManagerOptions } from './tool-manager-options.ts';

type Execute = ToolShape<Record<string, unknown>, unknown>['execute'];

function managerOf(execute: Execute, options: ToolManagerOptions & { exclusive?: string } = {}) {
  const { exclusive, ...rest } = options;
  const manager = createToolManager({ environment: {}, ...rest });
  manager.registerTool(
    defineTool({ name: 'work', description: 'Works.', input: {}, exclusive, execute }),
  );
  return manager;
}

describe('13.6 a call that is aborted', () => {
  it('ends at once when the tool itself aborts it before it first waits', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const manager = managerOf(
      () => {
        controller.abort();
        return new Promise(() => {});
      },
      { clock, defaultTimeoutMs: 100 },
    );

    const result = manager.executeToolCall({ id: '1', name: 'work' }, controller);
    await clock.advanceAsync(100);

    expect(await result).toMatchObject({ status: 'cancelled', durationMs: 0 });
  });

  it('goes through nothing when it is aborted while it is announced', async () => {
    const controller = new AbortController();
    const order: string[] = [];
    const through: ToolConnection = {
      sessionId: 'mine' as SessionId,
      publisher: { publish: async () => ({ status: 'queued' }) },
      run: async () => void order.push('sent'),
    };

    const { status } = await managerOf(() => void order.push('ran')).executeToolCall(
      { id: '1', name: 'work' },
      { signal: controller.signal, through, beforeRun: () => controller.abort() },
    );

    expect(status).toBe('cancelled');
    expect(order).toEqual([]);
  });
});

describe('13.2 an exclusive group', () => {
  it.each([
    ['at its deadline', 100],
    ['by an abort', 10],
  ])('stays taken by what only looks like a promise and was given up on %s', async (_, endMs) => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const ends: (() => void)[] = [];
    const began = [0];
    const execute = () => {
      began[0]!++;
      return { then: (end: () => void) => void ends.push(end) };
    };
    const manager = managerOf(execute, { clock, defaultTimeoutMs: 100, exclusive: 'disk' });

    const first = manager.executeToolCall({ id: '1', name: 'work' }, controller);
    void manager.executeToolCall({ id: '2', name: 'work' });
    await clock.advanceAsync(endMs);
    controller.abort();

    expect((await first).status).toBe(endMs === 100 ? 'timeout' : 'cancelled');
    await clock.advanceAsync(1);
    expect(began).toEqual([1]);
    ends[0]?.();
    await clock.advanceAsync(1);
    expect(began).toEqual([2]);
  });
});

describe('13.6 the deadline', () => {
  it('of Infinity needs no timer', async () => {
    const clock = createFakeClock();
    let end: ((value: string) => void) | undefined;
    const execute = () => new Promise<string>((resolve) => (end = resolve));
    const manager = managerOf(execute, { clock, defaultTimeoutMs: Infinity });

    const result = manager.executeToolCall({ id: '1', name: 'work' });
    await clock.advanceAsync(1);

    expect(clock.pendingTimers).toBe(0);
    end?.('done');
    expect((await result).content).toBe('done');
  });
});

describe('13.2 and 13.6 calls that are aborted and time out at any moment', () => {
  const moment = fc.integer({ min: 0, max: 12 });
  const plan = fc.record({
    /** At 5 ms it settles at its very deadline. */
    takesMs: fc.option(moment),
    fails: fc.boolean(),
    heedsSignal: fc.boolean(),
    exclusive: fc.constantFrom(undefined, undefined, undefined, 'disk'),
    abortAtMs: fc.option(moment, { freq: 1 }),
  });
  type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

  it('come back once each and in order, and leave no slot, listener or timer behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 30 }), async (plans) => {
        const { clock, controllers, manager, results, told } = await runAll(plans);

        expect(results.map(({ callId }) => Number(callId))).toEqual([...plans.keys()]);
        for (const { callId, status } of results) {
          const types = told.filter(([id]) => id === callId).map(([, type]) => type);
          expect(types.filter((type) => type === 'tool.executed')).toHaveLength(1);
          if (types.includes('tool.late-result')) expect(status).toMatch(/timeout|cancelled/);
        }
        const listeners = controllers.flatMap(({ signal }) => getEventListeners(signal, 'abort'));
        expect(listeners).toEqual([]);
        expect(clock.pendingTimers).toBe(0);
        expect(await freeSlots(manager)).toBe(3);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  async function runAll(plans: readonly Plan[]) {
    const clock = createFakeClock();
    const told: [string, string][] = [];
    const publisher: EventPublisher = {
      publish: async ({ type, data }) => {
        told.push([(data as { toolCallId: string }).toolCallId, type]);
        return { status: 'queued' };
      },
    };
    const options = { environment: {}, clock, publisher, maxConcurrency: 3, defaultTimeoutMs: 5 };
    const manager = createToolManager(options);
    const controllers = plans.map(() => new AbortController());
    const running = plans.map(({ exclusive, abortAtMs, ...does }, index) => {
      const name = `work${index}`;
      const execute: Execute = (_, { signal }) => work(does, clock, signal);
      manager.registerTool(
        defineTool({ name, description: 'Works.', input: {}, exclusive, execute }),
      );
      const controller = controllers[index]!; // one for each
      if (abortAtMs !== null) clock.setTimer(() => controller.abort(), abortAtMs);
      return manager.executeToolCall({ id: String(index), name }, controller);
    });
    await clock.advanceAsync(400);
    return { clock, controllers, manager, results: await Promise.all(running), told };
  }

  function work(
    { takesMs, fails, heedsSignal }: Pick<Plan, 'takesMs' | 'fails' | 'heedsSignal'>,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = fails ? () => reject(new Error('failed')) : () => resolve('done');
      if (takesMs === 0) settle();
      else if (takesMs !== null) clock.setTimer(settle, takesMs);
      if (heedsSignal) signal.addEventListener('abort', settle);
    });
  }

  /** How many of many calls run side by side. */
  async function freeSlots(manager: ToolManager): Promise<number> {
    const controller = new AbortController();
    let running = 0;
    const execute = () => {
      running++;
      return new Promise(() => {});
    };
    manager.registerTool(defineTool({ name: 'probe', description: 'Counts.', input: {}, execute }));
    const probes = Array.from({ length: 9 }, (_, index) => ({ id: `p${index}`, name: 'probe' }));
    const results = manager.executeToolCalls(probes, controller);
    const counted = running;
    controller.abort();
    await results;
    return counted;
  }
});

describe('13.10 the late result', () => {
  it.each([
    ['a slot', { maxConcurrency: 1 }],
    ['the turn of an exclusive group', { exclusive: 'disk' }],
  ])('does not count the wait for %s', async (_, options) => {
    const clock = createFakeClock();
    const events: EventMessage[] = [];
    const publisher: EventPublisher = {
      publish: async (event) => {
        events.push(event);
        return { status: 'queued' };
      },
    };
    const durations = [50, 200];
    const execute = () =>
      new Promise<void>((resolve) => void clock.setTimer(resolve, durations.shift()!));
    const manager = managerOf(execute, { clock, publisher, defaultTimeoutMs: 100, ...options });

    const results = manager.executeToolCalls([
      { id: '1', name: 'work' },
      { id: '2', name: 'work' },
    ]);
    await clock.advanceAsync(250);

    expect((await results).map(({ status }) => status)).toEqual(['ok', 'timeout']);
    expect(events.at(-1)).toMatchObject({
      type: 'tool.late-result',
      data: { toolCallId: '2', durationMs: 200 },
    });
  });
});
