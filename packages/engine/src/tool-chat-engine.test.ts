import {
  anyEvent,
  createMessageBus,
  InvalidOptionsError,
  sessionId,
  type EventDefinition,
  type EventMessage,
  type MessageBus,
} from '@llmgine/core';
import { createMemoryStreamStore } from '@llmgine/core/stores';
import {
  createChatHistory,
  ModelCallFinishedEvent,
  ModelCallStartedEvent,
  ModelError,
  ModelTextDeltaEvent,
  type ChatModel,
} from '@llmgine/llm';
import { scriptedChatModel, type ScriptStep } from '@llmgine/llm/testing';
import { createFakeClock } from '@llmgine/testing';
import { createToolManager, defineTool, jsonSchema, ToolExecuteResultEvent } from '@llmgine/tools';
import { describe, expect, it } from 'vitest';
import type { ToolChatEngineOptions } from './engine-options.ts';
import { EngineBusyError, RunNotFoundError } from './errors.ts';
import { LOOP_NUDGE } from './loop-guard.ts';
import {
  ToolChatEngineCommand,
  ToolChatEngineStatusEvent,
  ToolChatRunFinishedEvent,
  type ToolChatResult,
} from './messages.ts';
import { createToolChatEngine } from './tool-chat-engine.ts';

const anything = jsonSchema<Record<string, unknown>>({ type: 'object' });
const add = defineTool({
  name: 'add',
  description: 'Adds.',
  effect: 'read',
  input: jsonSchema<{ a: number; b: number }>({
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  }),
  execute: ({ a, b }) => a + b,
});
const callAdd = (a = 1, id = 'c1') => ({ id, name: 'add', arguments: { a, b: 2 } });

type EngineOptions = Partial<ToolChatEngineOptions> & { readonly script?: readonly ScriptStep[] };

async function start({ script = [], ...options }: EngineOptions = {}) {
  const bus = createMessageBus();
  await bus.start();
  const tools = createToolManager({ publisher: bus });
  tools.registerTool(add);
  const model = scriptedChatModel(script);
  const engine = createToolChatEngine({ bus, model, tools, ...options });
  const ask = (prompt = 'hi', signal?: AbortSignal) =>
    bus.execute(ToolChatEngineCommand({ prompt }), signal ? { signal } : {});
  return { bus, tools, model, engine, ask };
}

function resultOf(outcome: Awaited<ReturnType<MessageBus['execute']>>): ToolChatResult {
  if (!outcome.success) throw outcome.error;
  return outcome.result as ToolChatResult;
}

/** Starts at the first model call and waits until it is told to go on. */
function heldModel(): { model: ChatModel; started: Promise<void>; release: () => void } {
  const started = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const model = scriptedChatModel([
    async () => {
      started.resolve();
      await held.promise;
      return { text: 'late' };
    },
    { text: 'second' },
    { text: 'third' },
  ]);
  return { model, started: started.promise, release: () => held.resolve() };
}

describe('createToolChatEngine', () => {
  it('15.1 answers a prompt through the bus', async () => {
    const { ask, bus } = await start({ script: [{ text: 'hello' }] });

    expect(resultOf(await ask())).toMatchObject({
      text: 'hello',
      stopReason: 'answered',
      steps: 1,
      toolCalls: [],
    });
    await bus.stop();
  });

  it('adds the assistant message once, then one tool message per call', async () => {
    const { ask, engine } = await start({
      script: [
        { text: 'Let me add.', toolCalls: [callAdd(1, 'x'), callAdd(5, 'y')] },
        { text: 'Done.' },
      ],
    });

    await ask();

    expect(engine.history.getMessages().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
      'assistant',
    ]);
    expect(engine.history.getMessages().slice(2, 4)).toEqual([
      { role: 'tool', tool_call_id: 'x', content: '3' },
      { role: 'tool', tool_call_id: 'y', content: '7' },
    ]);
  });

  it('sends the tools on every model call', async () => {
    const { ask, model } = await start({
      script: [{ toolCalls: [callAdd()] }, { toolCalls: [callAdd(2)] }, { text: 'ok' }],
    });

    await ask();

    expect(model.requests.map(({ tools }) => tools?.length)).toEqual([1, 1, 1]);
  });

  it('goes on until the model stops calling tools', async () => {
    const { ask } = await start({
      script: [...[1, 2, 3, 4].map((a) => ({ toolCalls: [callAdd(a)] })), { text: 'ok' }],
    });

    expect(resultOf(await ask())).toMatchObject({
      steps: 5,
      toolCalls: [{ content: '3' }, { content: '4' }, { content: '5' }, { content: '6' }],
    });
  });

  it('gives the model what a tool did wrong, and goes on', async () => {
    const { ask } = await start({
      script: [{ toolCalls: [{ name: 'add', arguments: '{"a":"x"' }] }, { text: 'ok' }],
    });

    expect(resultOf(await ask())).toMatchObject({
      stopReason: 'answered',
      toolCalls: [{ status: 'error' }],
    });
  });

  it('15.1 publishes status, text, steps and tool results', async () => {
    const { ask, bus } = await start({
      script: [
        { toolCalls: [callAdd()] },
        { deltas: ['a', 'b'], usage: { inputTokens: 1, outputTokens: 2 } },
      ],
    });
    const seen: EventMessage[] = [];
    for (const definition of [
      ToolChatEngineStatusEvent,
      ModelTextDeltaEvent,
      ToolExecuteResultEvent,
      ToolChatRunFinishedEvent,
    ]) {
      bus.registerEventHandler(definition, (event: EventMessage) => void seen.push(event));
    }

    await ask();
    await bus.waitForEvents();

    const statuses = seen
      .filter((event) => ToolChatEngineStatusEvent.is(event))
      .map(({ data }) => data.status);
    expect(statuses).toEqual([
      'processing',
      'calling LLM',
      'executing tools',
      'getting final response',
      'finished',
    ]);
    expect(
      seen
        .filter((event) => ModelTextDeltaEvent.is(event))
        .map(({ data, lossy }) => [data.text, lossy]),
    ).toEqual([
      ['a', true],
      ['b', true],
    ]);
    expect(seen.filter((event) => ToolExecuteResultEvent.is(event))).toHaveLength(1);
    expect(seen.at(-1)).toMatchObject({
      type: ToolChatRunFinishedEvent.type,
      data: { stopReason: 'answered' },
    });
  });

  it('15.1 says failed when it failed, and keeps the error', async () => {
    const error = new ModelError({ kind: 'authentication', provider: 'p', message: 'no key' });
    const { ask, bus } = await start({ script: [{ error }] });
    const statuses: string[] = [];
    bus.registerEventHandler(
      ToolChatEngineStatusEvent,
      ({ data }) => void statuses.push(data.status),
    );

    const outcome = await ask();
    await bus.waitForEvents();

    expect(outcome).toMatchObject({ success: false, error });
    expect(statuses.at(-1)).toBe('failed');
    expect(statuses).not.toContain('finished');
  });

  it('takes a prompt back that came to nothing, so that it can be given again', async () => {
    const { ask, engine } = await start({
      script: [{ error: new Error('down') }, { text: 'hello' }],
    });

    await ask('once');
    expect(engine.history.length).toBe(0);
    await ask('once');

    expect(engine.history.getMessages()).toHaveLength(2);
  });

  it('keeps a turn whose tools have run, whatever came after', async () => {
    const { ask, engine } = await start({
      script: [{ toolCalls: [callAdd()] }, { error: new Error('down') }],
    });

    await ask();

    expect(engine.history.getMessages().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  it.each([
    [
      'stepLimit',
      {
        limits: { maxSteps: 2 },
        script: [{ toolCalls: [callAdd(1)] }, { toolCalls: [callAdd(2)] }],
      },
    ],
    ['lengthLimit', { script: [{ text: 'half', finishReason: 'length' }] }],
    ['refused', { script: [{ refusal: 'I cannot.' }] }],
    ['refused', { script: [{ text: '', finishReason: 'content_filter' }] }],
    ['loop', { script: Array.from({ length: 5 }, () => ({ toolCalls: [callAdd()] })) }],
  ] as [string, EngineOptions][])('15.1 stops with %s', async (stopReason, options) => {
    const { ask, bus } = await start(options);

    expect(resultOf(await ask()).stopReason).toBe(stopReason);
    await bus.stop();
  });

  it.each([
    ['maxCalls', { maxCalls: 1 }, {}],
    ['maxTokens', { maxTokens: 1_000 }, { usage: {} }],
    ['maxCost', { maxCost: 1 }, { usage: {} }],
  ])('15.1 stops with budget, and says that it was %s', async (limit, limits, used) => {
    const { ask } = await start({ limits, script: [{ toolCalls: [callAdd()], ...used }] });

    expect(resultOf(await ask())).toMatchObject({ stopReason: 'budget', limit });
  });

  it('15.2 nudges at the third same call and stops at the fifth', async () => {
    const { ask } = await start({
      script: Array.from({ length: 5 }, () => ({ toolCalls: [callAdd()] })),
    });

    const { toolCalls, stopReason } = resultOf(await ask());

    expect(stopReason).toBe('loop');
    expect(toolCalls.map(({ content }) => content.includes(LOOP_NUDGE))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('15.2 sees the same call in other words', async () => {
    const spellings = [
      '{"a":1,"b":2}',
      '{"b":2,"a":1}',
      '{ "a": 1, "b": 2 }',
      '{"a":1,"b":2}',
      '{"a":1, "b":2}',
    ];
    const { ask } = await start({
      script: spellings.map((args) => ({ toolCalls: [{ name: 'add', arguments: args }] })),
    });

    expect(resultOf(await ask()).stopReason).toBe('loop');
  });

  it('15.2 lets tools that poll ask again', async () => {
    const tools = createToolManager();
    tools.registerTool(
      defineTool({
        name: 'poll',
        description: 'Polls.',
        effect: 'read',
        polling: true,
        input: anything,
        execute: () => 'not yet',
      }),
    );
    const script = [
      ...Array.from({ length: 7 }, () => ({ toolCalls: [{ name: 'poll' }] })),
      { text: 'ok' },
    ];
    const { ask } = await start({ script, tools });

    expect(resultOf(await ask()).stopReason).toBe('answered');
  });

  it('adds up the usage of all steps, and does not take unknown for nothing', async () => {
    const { ask } = await start({
      script: [
        { toolCalls: [callAdd()], usage: { inputTokens: 1, outputTokens: 1 } },
        { text: 'ok', usage: { inputTokens: 2 } },
      ],
    });

    expect(resultOf(await ask()).usage).toEqual({ inputTokens: 3 });
  });

  it('ends a run at its time limit, even inside a wait', async () => {
    const clock = createFakeClock();
    const { model, started } = heldModel();
    const { ask } = await start({ model, clock, limits: { maxMs: 1_000 } });

    const answer = ask();
    await started;
    await clock.advanceAsync(1_000);

    expect(resultOf(await answer)).toMatchObject({ stopReason: 'budget', limit: 'maxMs' });
  });

  it('15.2 queues a second prompt by default', async () => {
    const { model, started, release } = heldModel();
    const { ask } = await start({ model });

    const first = ask('1');
    await started;
    const second = ask('2');
    release();

    expect(resultOf(await first).text).toBe('late');
    expect(resultOf(await second).text).toBe('second');
  });

  it('15.2 rejects a second prompt when told to', async () => {
    const { model, started, release } = heldModel();
    const { ask } = await start({ model, onBusy: 'reject' });

    const first = ask('1');
    await started;

    expect(await ask('2')).toMatchObject({ success: false, error: { code: 'LLMGINE_BUSY' } });
    release();
    await first;
    expect(resultOf(await ask('3')).text).toBe('second');
  });

  it('15.2 has a second prompt take the place of the first when told to', async () => {
    const { model, started } = heldModel();
    const { ask, engine } = await start({ model, onBusy: 'interrupt' });

    const first = ask('1');
    await started;
    const second = ask('2');

    expect(resultOf(await first).stopReason).toBe('aborted');
    expect(resultOf(await second).text).toBe('second');
    expect(engine.history.getMessages().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  it('lets the next in when one gave up waiting, and not before its turn', async () => {
    const { model, started, release } = heldModel();
    const { ask } = await start({ model });
    const controller = new AbortController();

    const first = ask('1');
    await started;
    const second = ask('2', controller.signal);
    const third = ask('3');
    controller.abort(new Error('never mind'));
    expect(await second).toMatchObject({ success: false });
    release();

    expect(resultOf(await first).text).toBe('late');
    expect(resultOf(await third).text).toBe('second');
  });

  it('15.2 refuses a prompt from inside its own run', async () => {
    const { bus, tools, ask } = await start({
      script: [{ toolCalls: [{ name: 'ask_self' }] }, { text: 'ok' }],
    });
    const seen: unknown[] = [];
    tools.registerTool(
      defineTool({
        name: 'ask_self',
        description: 'Asks.',
        effect: 'read',
        input: anything,
        execute: async () => {
          const inner = await bus.execute(ToolChatEngineCommand({ prompt: 'again' }));
          seen.push(inner.success ? undefined : inner.error);
          return 'asked';
        },
      }),
    );

    await ask();

    expect(seen).toEqual([expect.any(EngineBusyError)]);
  });

  it('15.2 refuses it also through another session', async () => {
    const { bus, tools, ask } = await start({
      script: [{ toolCalls: [{ name: 'ask_other' }] }, { text: 'ok' }],
    });
    const other = sessionId('other');
    const otherTools = createToolManager();
    const seen: unknown[] = [];
    createToolChatEngine({
      bus,
      sessionId: other,
      tools: otherTools,
      model: scriptedChatModel([{ toolCalls: [{ name: 'ask_back' }] }, { text: 'other' }]),
    });
    tools.registerTool(
      defineTool({
        name: 'ask_other',
        description: 'Asks.',
        effect: 'read',
        input: anything,
        execute: async () =>
          void (await bus.execute(ToolChatEngineCommand({ prompt: 'x' }, { sessionId: other }))),
      }),
    );
    otherTools.registerTool(
      defineTool({
        name: 'ask_back',
        description: 'Asks.',
        effect: 'read',
        input: anything,
        execute: async () => {
          const inner = await bus.execute(ToolChatEngineCommand({ prompt: 'y' }));
          seen.push(inner.success ? undefined : inner.error);
        },
      }),
    );

    expect(resultOf(await ask()).text).toBe('ok');
    expect(seen).toEqual([expect.any(EngineBusyError)]);
  });

  it('is the engine of the session that it was given', async () => {
    const bus = createMessageBus();
    await bus.start();
    await using session = await bus.session(sessionId('s1'));
    createToolChatEngine({
      bus: session,
      model: scriptedChatModel([{ text: 'hello' }]),
      tools: createToolManager(),
    });

    expect(resultOf(await session.execute(ToolChatEngineCommand({ prompt: 'hi' }))).text).toBe(
      'hello',
    );
    expect(await bus.execute(ToolChatEngineCommand({ prompt: 'hi' }))).toMatchObject({
      error: { code: 'LLMGINE_NO_COMMAND_HANDLER' },
    });
  });

  it('takes its handler back when it is disposed, twice without harm', async () => {
    const { engine, ask } = await start({ script: [{ text: 'x' }] });

    engine[Symbol.dispose]();
    engine[Symbol.dispose]();

    expect(await ask()).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_NO_COMMAND_HANDLER' },
    });
  });

  it('refuses an empty prompt when the command is made', () => {
    expect(() => ToolChatEngineCommand({ prompt: ' ' })).toThrow(/prompt/);
  });

  it('names all problems of its options at once', () => {
    const make = () =>
      createToolChatEngine({
        bus: {},
        model: {},
        tools: {},
        onBusy: 'x',
        limits: { maxSteps: 0 },
      } as never);

    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(/bus.*model.*tools.*onBusy.*maxSteps/);
  });
});

describe('ToolChatEngine.resume', () => {
  it('says when there is no such run', async () => {
    const { engine } = await start({ journal: createMemoryStreamStore() });

    expect(await engine.resume('nope')).toMatchObject({
      success: false,
      error: expect.any(RunNotFoundError),
    });
  });

  it('15.4 gives the result of a run that had ended, and does nothing', async () => {
    const journal = createMemoryStreamStore();
    const first = await start({ journal, script: [{ toolCalls: [callAdd()] }, { text: 'ok' }] });
    const { runId } = resultOf(await first.ask());

    const second = await start({ journal, script: [] });
    const resumed = await second.engine.resume(runId);

    expect(resultOf(resumed)).toMatchObject({ text: 'ok', runId });
    expect(second.engine.history.getMessages()).toEqual(first.engine.history.getMessages());
  });

  it('continues a run whose model failed', async () => {
    const journal = createMemoryStreamStore();
    const first = await start({
      journal,
      script: [{ toolCalls: [callAdd()] }, { error: new Error('down') }],
    });
    await first.bus.execute(ToolChatEngineCommand({ prompt: 'hi', runId: 'r1' }));

    const second = await start({ journal, script: [{ text: 'ok' }] });

    expect(resultOf(await second.engine.resume('r1'))).toMatchObject({
      text: 'ok',
      steps: 2,
      toolCalls: [{ content: '3' }],
    });
  });
});

describe('the history of a run that was aborted', () => {
  it('15.3 is legal and keeps what had been said', async () => {
    const controller = new AbortController();
    const history = createChatHistory();
    const { bus, ask, engine } = await start({
      history,
      script: [{ deltas: ['I ', 'think ', 'so'] }],
    });
    bus.registerEventHandler(ModelTextDeltaEvent, () => controller.abort(new Error('enough')));

    await ask('hi', controller.signal);
    await engine.whenIdle();

    expect(history.getMessages().map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(history.getMessages().at(-1)!.content).toContain('[interrupted]');
  });
});

describe('events of a run', () => {
  it('are made for a handler from the moment it is registered, also in the middle of a run', async () => {
    const { ask, bus, tools } = await start({
      script: [{ toolCalls: [{ id: 'c1', name: 'listen', arguments: {} }] }, { text: 'Done.' }],
    });
    const heard: string[] = [];
    const listen = (): void =>
      void bus.registerEventHandler(anyEvent, ({ type }) => void heard.push(type));
    const description = 'Registers a handler.';
    tools.registerTool(
      defineTool({ name: 'listen', description, effect: 'read', input: anything, execute: listen }),
    );

    await ask();
    await bus.waitForEvents();

    expect(heard[0]).toBe(ToolExecuteResultEvent.type);
    expect(heard.slice(1)).toContain(ModelTextDeltaEvent.type);
    expect(heard.at(-1)).toBe(ToolChatRunFinishedEvent.type);
  });

  const script: readonly ScriptStep[] = [{ toolCalls: [callAdd()] }, { text: 'three' }];

  it('are not made while nothing would notice them', async () => {
    const { bus, ask } = await start({ script: [...script, { text: 'again' }] });
    const published: string[] = [];
    const publish = async ({ type }: EventMessage) => {
      published.push(type);
      return { status: 'queued' } as const;
    };
    Object.assign(bus, { publish });
    bus.addCommandMiddleware({
      name: 'ears',
      aroundCommand: ({ context }, next) => {
        Object.defineProperty(context, 'publish', { value: publish });
        return next();
      },
    });

    expect(resultOf(await ask()).text).toBe('three');
    expect(published).toEqual([]);

    bus.registerEventHandler(anyEvent, () => {});
    await ask();

    expect(published.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'a handler of every event',
      (bus: MessageBus, hear: (event: EventMessage) => void) =>
        void bus.registerEventHandler(anyEvent, hear),
    ],
    [
      'an observer',
      (bus: MessageBus, hear: (event: EventMessage) => void) =>
        void bus.addObserver({
          signals: ['event.published'],
          observe: (signal) => {
            if (signal.type === 'event.published') hear(signal.event);
          },
        }),
    ],
    [
      'a filter',
      (bus: MessageBus, hear: (event: EventMessage) => void) =>
        void bus.addEventFilter({
          name: 'ears',
          accepts: (event) => {
            hear(event);
            return true;
          },
        }),
    ],
  ])('are all made for %s', async (_, listen) => {
    const { bus, ask } = await start({ script });
    const heard: string[] = [];
    listen(bus, ({ type }) => heard.push(type));

    await ask();
    await bus.waitForEvents();

    const step = ['tool-chat.status', 'model.call.started'];
    expect(heard.toSorted()).toEqual(
      [
        'tool-chat.status',
        ...step,
        'model.call.finished',
        'tool-chat.status',
        'tool.call.requested',
        'tool.execute.started',
        'tool.executed',
        ...step,
        'model.text.delta',
        'model.call.finished',
        'tool-chat.status',
        'tool-chat.run.finished',
      ].toSorted(),
    );
  });

  it.each([
    [ToolChatEngineStatusEvent.type, ToolChatEngineStatusEvent],
    [ToolChatRunFinishedEvent.type, ToolChatRunFinishedEvent],
    [ModelCallStartedEvent.type, ModelCallStartedEvent],
    [ModelCallFinishedEvent.type, ModelCallFinishedEvent],
    [ModelTextDeltaEvent.type, ModelTextDeltaEvent],
    [ToolExecuteResultEvent.type, ToolExecuteResultEvent],
  ])('are made for one who hears only %s', async (_, event) => {
    const { bus, ask } = await start({ script });
    let heard = 0;
    bus.registerEventHandler(event as EventDefinition, () => void (heard += 1));

    await ask();
    await bus.waitForEvents();

    expect(heard).toBeGreaterThan(0);
  });

  it('tell of a model call that failed', async () => {
    const { bus, ask } = await start({ script: [{ error: new Error('down') }] });
    const heard: boolean[] = [];
    bus.registerEventHandler(ModelCallFinishedEvent, ({ data }) => void heard.push(data.success));

    await ask();
    await bus.waitForEvents();

    expect(heard).toEqual([false]);
  });

  it('are made from the moment on in which somebody begins to listen', async () => {
    const heard: string[] = [];
    const { bus, tools, ask } = await start({ script });
    tools.registerTool(
      defineTool({
        ...add,
        execute: ({ a, b }) => {
          bus.registerEventHandler(anyEvent, ({ type }) => void heard.push(type));
          return a + b;
        },
      }),
      { replace: true },
    );

    await ask();
    await bus.waitForEvents();

    expect(heard).toEqual([
      'tool.executed',
      'tool-chat.status',
      'model.call.started',
      'model.text.delta',
      'model.call.finished',
      'tool-chat.status',
      'tool-chat.run.finished',
    ]);
  });
});
