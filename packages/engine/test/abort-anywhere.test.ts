import { createMessageBus } from '@llmgine/core';
import { createMemoryStreamStore, type EventLog, type StreamStore } from '@llmgine/core/stores';
import { createChatHistory, type ChatMessage, type ChatModel } from '@llmgine/llm';
import { scriptedChatModel } from '@llmgine/llm/testing';
import { createToolManager, defineTool, jsonSchema } from '@llmgine/tools';
import { describe, expect, it } from 'vitest';
import { createToolChatEngine, ToolChatEngineCommand } from '../src/index.ts';

const LONGEST_MS = 100;

/** Counts everything that a run waits for; at the chosen point it aborts, and what is waited for never comes. */
class WaitPoints {
  passed = 0;
  readonly controller = new AbortController();
  readonly reached = Promise.withResolvers<void>();
  readonly #abortAt: number;

  constructor(abortAt: number) {
    this.#abortAt = abortAt;
  }

  async wait(): Promise<void> {
    if (this.passed++ !== this.#abortAt) return;
    this.reached.resolve();
    this.controller.abort(new Error('stop'));
    await new Promise(() => {});
  }
}

function watchedModel(model: ChatModel, points: WaitPoints): ChatModel {
  return {
    ...model,
    async *stream(request) {
      await points.wait();
      for await (const delta of model.stream(request)) {
        yield delta;
        await points.wait();
      }
    },
  };
}

function watchedStore(store: StreamStore, points: WaitPoints): StreamStore {
  return {
    read: (stream, options) => store.read(stream, options),
    list: (prefix) => store.list(prefix),
    delete: (stream) => store.delete(stream),
    async append(stream, version, records) {
      await points.wait();
      return store.append(stream, version, records);
    },
  };
}

function watchedLog(points: WaitPoints): EventLog {
  return { append: () => points.wait(), flush: async () => {} };
}

async function runWith(points: WaitPoints) {
  const bus = createMessageBus({ eventLog: watchedLog(points) });
  await bus.start();
  const tools = createToolManager({ publisher: bus });
  tools.registerTool(
    defineTool({
      name: 'work',
      description: 'Works.',
      effect: 'once',
      input: jsonSchema<object>({ type: 'object' }),
      execute: async () => {
        await points.wait();
        return 'worked';
      },
    }),
  );
  const script = scriptedChatModel([
    {
      text: 'Working.',
      toolCalls: [
        { id: 'a', name: 'work' },
        { id: 'b', name: 'work', arguments: { again: 1 } },
      ],
    },
    { deltas: ['All ', 'done.'] },
  ]);
  const history = createChatHistory();
  const engine = createToolChatEngine({
    bus,
    model: watchedModel(script, points),
    tools,
    history,
    journal: watchedStore(createMemoryStreamStore(), points),
  });
  const outcome = bus.execute(ToolChatEngineCommand({ prompt: 'go' }), {
    signal: points.controller.signal,
  });
  return { engine, history, outcome, bus };
}

function isLegal(messages: readonly ChatMessage[]): boolean {
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') open = open.filter((id) => id !== message.tool_call_id);
    else if (open.length > 0) return false;
    if (message.role === 'assistant') open = (message.tool_calls ?? []).map(({ id }) => id);
  }
  return open.length === 0 && messages.at(0)?.role !== 'assistant';
}

describe('an abort', async () => {
  const free = new WaitPoints(-1);
  await (
    await runWith(free)
  ).outcome;

  it('is tried at every wait of a run with tools, text and a journal', () => {
    expect(free.passed).toBeGreaterThanOrEqual(12);
  });

  it.each(Array.from({ length: free.passed }, (_, at) => at))(
    '15.3 at wait %i leaves a legal history and a settled run within 100 ms',
    async (at) => {
      const points = new WaitPoints(at);
      const { engine, history, outcome, bus } = await runWith(points);
      await points.reached.promise;
      const abortedAt = performance.now();

      await engine.whenIdle();

      expect(performance.now() - abortedAt).toBeLessThan(LONGEST_MS);
      expect(isLegal(history.getMessages())).toBe(true);
      const settled = await outcome;
      if (at < free.passed - 1) expect(settled.success).toBe(false);
      await bus.stop({ deadlineMs: 10 });
    },
  );

  it('15.3 ends a run to be resumed whose journal cannot be read', async () => {
    const points = new WaitPoints(0);
    const bus = createMessageBus();
    await bus.start();
    const store = createMemoryStreamStore();
    const engine = createToolChatEngine({
      bus,
      model: scriptedChatModel([]),
      tools: createToolManager(),
      journal: {
        ...watchedStore(store, points),
        async *read(stream) {
          await points.wait();
          yield* store.read(stream);
        },
      },
    });

    const outcome = engine.resume('run', { signal: points.controller.signal });
    await points.reached.promise;
    await engine.whenIdle();

    expect((await outcome).success).toBe(false);
    expect(engine.history.length).toBe(0);
    await bus.stop();
  });
});
