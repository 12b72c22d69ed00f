import { describe, expect, it } from 'vitest';
import type { EventMessage, EventPublisher, SessionId } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { defineTool, type ToolShape } from './define-tool.ts';
import type { ToolConnection } from './tool-connection.ts';
import { createToolManager } from './tool-manager.ts';
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
