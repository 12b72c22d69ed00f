import { setTimeout as later } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createMessageBus,
  fail,
  sessionId,
  type CommandInvoker,
  type CommandResult,
  type EventMessage,
  type MessageBus,
} from '@llmgine/core';
import { attachTools, ToolApprovalCommand } from './attach-tools.ts';
import { defineTool, type Tool, type ToolContext } from './define-tool.ts';
import { toolCommand } from './tool-command.ts';
import { createToolManager } from './tool-manager.ts';
import {
  ToolApprovalRequestedEvent,
  ToolExecuteResultEvent,
  ToolExecuteStartedEvent,
  ToolLateResultEvent,
  ToolProgressEvent,
} from './tool-events.ts';

let bus: MessageBus;

beforeEach(async () => {
  bus = createMessageBus();
  await bus.start();
});

afterEach(async () => void (await bus.stop()));

function aTool(shape: Partial<Tool> = {}): Tool {
  return defineTool({
    name: 'work',
    description: 'Does something.',
    input: z.object({ n: z.number().optional() }),
    execute: () => 'done',
    ...shape,
  });
}

const call = { id: 'c1', name: 'work', arguments: '{"n":1}' };

/** What resilience does, in short: retries what may be retried. */
const retryThrice: CommandInvoker = Object.assign(
  async (...[{ definition }, invoke]: Parameters<CommandInvoker>) => {
    let result = await invoke(1);
    for (let attempt = 2; attempt <= 3 && !result.success && definition.retry; attempt++) {
      result = await invoke(attempt);
    }
    return result;
  },
  { retries: true },
);

describe('attachTools', () => {
  it('runs every call as a command of the tool’s own type, through the middleware', async () => {
    const seen: unknown[] = [];
    bus.addCommandMiddleware({
      name: 'spy',
      aroundCommand: (around, next) => {
        seen.push([around.command.type, around.command.data, around.command.sessionId]);
        return next();
      },
    });
    const tools = createToolManager();
    tools.registerTool(aTool());
    attachTools(bus, tools, { sessionId: sessionId('s1') });

    const result = await tools.executeToolCall({ ...call, idempotencyKey: 'k' });

    expect(result).toMatchObject({ status: 'ok', content: 'done' });
    expect(seen).toEqual([
      [
        'tool.run-once.work',
        { toolCallId: 'c1', toolName: 'work', toolArgs: { n: 1 }, idempotencyKey: 'k' },
        's1',
      ],
    ]);
  });

  it('gives each of several calls its own run, in whatever order their commands come through', async () => {
    const waiting: (() => void)[] = [];
    bus.addCommandMiddleware({
      name: 'reversing',
      aroundCommand: async (_, next) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 3) for (const go of waiting.toReversed()) go();
        });
        return next();
      },
    });
    const tools = createToolManager();
    tools.registerTool(aTool({ execute: (args: unknown, { callId }) => [callId, args] }));
    attachTools(bus, tools);

    const results = await tools.executeToolCalls(
      [1, 2, 3].map((n) => ({ id: `c${n}`, name: 'work', arguments: { n } })),
    );

    expect(results.map(({ value }) => value)).toEqual([
      ['c1', { n: 1 }],
      ['c2', { n: 2 }],
      ['c3', { n: 3 }],
    ]);
  });

  it('tells what a run did as events that its command caused, also from outside its context', async () => {
    const causes: unknown[] = [];
    let commandId: string | undefined;
    for (const event of [ToolExecuteStartedEvent, ToolProgressEvent]) {
      bus.registerEventHandler(event, ({ causationId }) => void causes.push(causationId));
    }
    bus.addCommandMiddleware({
      name: 'spy',
      aroundCommand: ({ command }, next) => {
        commandId = command.id;
        return next();
      },
    });
    let report: (progress: unknown) => void = () => {};
    let finish: () => void = () => {};
    const execute = (_: unknown, { reportProgress }: ToolContext) => {
      report = reportProgress;
      return new Promise<void>((resolve) => (finish = resolve));
    };
    const tools = createToolManager();
    tools.registerTool(aTool({ execute }));
    attachTools(bus, tools);

    const result = tools.executeToolCall(call);
    await later(1);
    report('half');
    finish();
    await result;
    await bus.waitForEvents();

    expect(causes).toEqual([commandId, commandId]);
  });

  it('has what may be repeated retried with one key, and asks for approval once', async () => {
    bus = createMessageBus({ invoker: retryThrice });
    await bus.start();
    const runs: unknown[] = [];
    let asked = 0;
    const flaky = aTool({
      effect: 'idempotent',
      approval: () => {
        asked++;
        return { decision: 'allow' };
      },
      execute: (_: unknown, context: ToolContext) => {
        runs.push([context.attempt, context.idempotencyKey]);
        if (context.attempt < 3) throw new Error('not yet');
        return 'at last';
      },
    });
    const tools = createToolManager();
    tools.registerTool(flaky);
    attachTools(bus, tools);

    const result = await tools.executeToolCall({ ...call, idempotencyKey: 'k' });

    expect(result).toMatchObject({ status: 'ok', content: 'at last' });
    expect(runs).toEqual([
      [1, 'k'],
      [2, 'k'],
      [3, 'k'],
    ]);
    expect(asked).toBe(1);
  });

  it('13.8 never has a once tool retried', async () => {
    bus = createMessageBus({ invoker: retryThrice });
    await bus.start();
    let runs = 0;
    const tools = createToolManager();
    tools.registerTool(
      aTool({
        execute: () => {
          runs++;
          throw new Error('no');
        },
      }),
    );
    attachTools(bus, tools);

    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'error' });
    expect(runs).toBe(1);
    expect(toolCommand('work', 'once').retry).toBe(false);
    expect(toolCommand('work', 'read').retry).toBe(true);
  });

  it('13.5 turns what the bus refuses into a result', async () => {
    bus.addCommandMiddleware({
      name: 'refuse',
      aroundCommand: async () => fail('circuit open, token=abcdef12') as CommandResult,
    });
    const tools = createToolManager();
    tools.registerTool(aTool());
    attachTools(bus, tools);

    expect(await tools.executeToolCall(call)).toMatchObject({
      status: 'error',
      content: "Tool 'work' failed: circuit open, token=[redacted]",
    });
  });

  it('gives results, not rejections, when the session or the bus has ended', async () => {
    const session = await bus.session(sessionId('s1'));
    const tools = createToolManager();
    tools.registerTool(aTool());
    attachTools(session, tools);
    await session.end();

    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'cancelled' });
  });

  it('sends each call through what is attached for its session', async () => {
    const seen: string[] = [];
    bus.addObserver({
      observe: (signal) => {
        if (signal.type === 'command.completed') seen.push(signal.command.sessionId);
      },
    });
    const tools = createToolManager();
    tools.registerTool(aTool());
    attachTools(bus, tools, { sessionId: sessionId('s1') });
    const second = attachTools(bus, tools, { sessionId: sessionId('s2') });

    await tools.executeToolCall(call, { sessionId: sessionId('s2') });
    await tools.executeToolCall(call, { sessionId: sessionId('s1') });
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    await tools.executeToolCall(call, { sessionId: sessionId('s2') });

    expect(seen).toEqual(['s2', 's1']);
  });

  it('follows tools that come and go', async () => {
    const tools = createToolManager();
    attachTools(bus, tools);
    const registration = tools.registerTool(aTool());

    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'ok' });
    tools.registerTool(aTool({ effect: 'read' }), { replace: true });
    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'ok' });
    registration[Symbol.dispose]();
    tools.unregisterTool('work');
    expect(bus.getStats().registeredHandlers).toBe(1);
  });

  it('takes back what it registered when a tool is attached already', () => {
    const tools = createToolManager();
    tools.registerTool(aTool({ name: 'other' }));
    const other = createToolManager();
    other.registerTool(aTool({ name: 'first' }));
    other.registerTool(aTool({ name: 'other' }));
    attachTools(bus, tools);
    const before = bus.getStats().registeredHandlers;

    expect(() => attachTools(bus, other)).toThrow('already has a handler');
    expect(bus.getStats().registeredHandlers).toBe(before);
  });

  it('13.9 asks on the bus, and goes by the command that answers', async () => {
    const session = await bus.session();
    const tools = createToolManager({ approval: 'ask' });
    tools.registerTool(aTool({ execute: (args: unknown) => args }));
    attachTools(session, tools);
    session.registerEventHandler(ToolApprovalRequestedEvent, async ({ data }) => {
      const elsewhere = await bus.execute(ToolApprovalCommand({ ...data, decision: 'allow' }));
      expect(elsewhere.success).toBe(false);
      const answered = await session.execute(
        ToolApprovalCommand({
          approvalId: data.approvalId,
          toolCallId: 'c1',
          decision: 'edit',
          args: { n: 7 },
        }),
      );
      expect(answered.success).toBe(true);
    });

    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'ok', value: { n: 7 } });
    const late = await session.execute(
      ToolApprovalCommand({ toolCallId: 'c1', decision: 'allow' }),
    );
    expect(late).toMatchObject({ success: false, error: { code: 'LLMGINE_NO_PENDING_APPROVAL' } });
  });

  it('13.10 publishes its events in the session, started once and caused by the command', async () => {
    bus = createMessageBus({ invoker: retryThrice });
    await bus.start();
    const events: EventMessage[] = [];
    for (const definition of [ToolExecuteStartedEvent, ToolExecuteResultEvent]) {
      bus.registerEventHandler(definition, (event) => void events.push(event), {
        sessionId: sessionId('s1'),
      });
    }
    const tools = createToolManager();
    tools.registerTool(
      aTool({
        effect: 'read',
        execute: (_: unknown, { attempt }: ToolContext) => {
          if (attempt === 1) throw new Error('again');
        },
      }),
    );
    attachTools(bus, tools, { sessionId: sessionId('s1') });

    await tools.executeToolCall(call);
    await bus.waitForEvents();

    expect(events.map(({ type }) => type)).toEqual(['tool.execute.started', 'tool.executed']);
    expect(events[0]?.causationId).toBeDefined();
  });

  it('13.6 aborts the running tool and tells of its late outcome', async () => {
    const late: unknown[] = [];
    bus.registerEventHandler(ToolLateResultEvent, ({ data }) => void late.push(data));
    const tools = createToolManager();
    let finish: (value: string) => void = () => {};
    tools.registerTool(aTool({ execute: () => new Promise((resolve) => (finish = resolve)) }));
    attachTools(bus, tools);
    const controller = new AbortController();

    const result = tools.executeToolCall(call, { signal: controller.signal });
    await later(1);
    controller.abort(new Error('stop'));
    expect(await result).toMatchObject({ status: 'cancelled' });
    finish('late');
    await later(1);
    await bus.waitForEvents();

    expect(late).toMatchObject([{ toolCallId: 'c1', value: 'late' }]);
  });

  it('runs a command that no call waits for, e.g. a dead letter, checked and approved like any call', async () => {
    let asked = 0;
    const tools = createToolManager({
      approval: () => {
        asked++;
        return { decision: 'allow' };
      },
    });
    tools.registerTool(
      aTool({
        effect: 'read',
        execute: (args: unknown, { idempotencyKey }: ToolContext) => ({ args, idempotencyKey }),
      }),
    );
    attachTools(bus, tools);
    const make = toolCommand('work', 'read');
    const data = { toolCallId: 'c1', toolName: 'work', toolArgs: { n: 2 }, idempotencyKey: 'k' };

    expect(await bus.execute(make(data))).toMatchObject({
      success: true,
      result: { args: { n: 2 }, idempotencyKey: 'k' },
    });
    expect(await bus.execute(make({ ...data, toolArgs: { n: 'x' } }))).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_TOOL_FAILED', result: { status: 'error' } },
    });
    expect(asked).toBe(1);
  });

  it('has a failing dead letter retried without asking again', async () => {
    bus = createMessageBus({ invoker: retryThrice });
    await bus.start();
    let asked = 0;
    const tools = createToolManager({
      approval: () => {
        asked++;
        return { decision: 'allow' };
      },
    });
    tools.registerTool(
      aTool({
        effect: 'read',
        execute: (_: unknown, { attempt }: ToolContext) => {
          if (attempt < 2) throw new RangeError('again');
          return 'done';
        },
      }),
    );
    attachTools(bus, tools);
    const command = toolCommand(
      'work',
      'read',
    )({ toolCallId: 'c1', toolName: 'work', toolArgs: {}, idempotencyKey: 'k' });

    expect(await bus.execute(command)).toMatchObject({ success: true, result: 'done' });
    expect(asked).toBe(1);
  });
});
