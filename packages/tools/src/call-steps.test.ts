import { describe, expect, it } from 'vitest';
import type { EventMessage } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { allow } from './approval.ts';
import { defineTool, type Tool } from './define-tool.ts';
import { createToolManager } from './tool-manager.ts';
import type { ToolManagerOptions } from './tool-manager-options.ts';
import type { StandardToolInput } from './tool-schema.ts';

function managerOf(shape: Partial<Tool>, options: ToolManagerOptions = {}) {
  const manager = createToolManager({ environment: {}, ...options });
  manager.registerTool(
    defineTool({ name: 'work', description: 'Works.', input: {}, execute: () => 'ran', ...shape }),
  );
  return manager;
}

/** A schema that takes as long to check as its `checking` does. */
function slowInput(checking: () => Promise<never>): StandardToolInput {
  const json = () => ({ type: 'object' });
  const jsonSchema = { input: json, output: json };
  return { '~standard': { version: 1, vendor: 'slow', validate: checking, jsonSchema } };
}

const call = { id: '1', name: 'work' };
const never = () => new Promise<never>(() => {});

describe('13.4 the steps of a call', () => {
  it('read nothing of a call that was aborted before it came', async () => {
    const signal = AbortSignal.abort();
    const manager = managerOf({ input: { type: 'object', required: ['n'] } });

    expect((await manager.executeToolCall(call, { signal })).status).toBe('cancelled');
    const unknown = await manager.executeToolCall({ ...call, name: 'other' }, { signal });
    expect(unknown.status).toBe('cancelled');
  });

  it.each([
    ['without an approval', undefined],
    ['before an approval', () => allow()],
  ])('wait for a schema %s as long as for a decision', async (_, approval) => {
    const clock = createFakeClock();
    const manager = managerOf(
      { input: slowInput(never), approval },
      { clock, approvalTimeoutMs: 50 },
    );

    const result = manager.executeToolCall(call);
    await clock.advanceAsync(50);

    expect((await result).status).toBe('denied');
  });

  it.each([
    ['a schema', { input: slowInput(never) }],
    ['an approval', { approval: never }],
  ])('wait for %s no longer than the caller', async (_, shape) => {
    const controller = new AbortController();

    const result = managerOf(shape).executeToolCall(call, controller);
    controller.abort();

    expect((await result).status).toBe('cancelled');
  });

  it('refuse what a schema could not check, and say so', async () => {
    const input = slowInput(() => Promise.reject(new Error('database gone')));

    const { error, content } = await managerOf({ input }).executeToolCall(call);

    expect(error?.code).toBe('LLMGINE_INVALID_TOOL_ARGUMENTS');
    expect(content).toContain('could not be checked (database gone)');
  });

  it('find a tool whose name has blanks round it', async () => {
    expect((await managerOf({}).executeToolCall({ ...call, name: ' work\n' })).status).toBe('ok');
  });

  it('take arguments out of the form of the Chat Completions API beside a name', async () => {
    const manager = managerOf({ execute: (args: unknown) => args });
    const mixed = { ...call, function: { arguments: '{"a":1}' } };

    expect((await manager.executeToolCall(mixed)).value).toEqual({ a: 1 });
  });
});

describe('13.10 the late result', () => {
  it('does not count what was done before the run', async () => {
    const clock = createFakeClock();
    const events: EventMessage[] = [];
    const publisher = {
      publish: async (event: EventMessage) => {
        events.push(event);
        return { status: 'queued' } as const;
      },
    };
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
    const manager = managerOf(
      { execute: () => wait(200) },
      { clock, publisher, defaultTimeoutMs: 100 },
    );

    void manager.executeToolCall(call, { beforeRun: () => wait(70) });
    await clock.advanceAsync(300);

    expect(events.at(-1)).toMatchObject({ type: 'tool.late-result', data: { durationMs: 200 } });
  });
});
