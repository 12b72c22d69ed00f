import { createMessageBus } from '@llmgine/core';
import { ModelTextDeltaEvent } from '@llmgine/llm';
import { scriptedChatModel } from '@llmgine/llm/testing';
import { createToolManager } from '@llmgine/tools';
import { describe, expect, it } from 'vitest';
import { createToolChatEngine, ToolChatEngineCommand } from '../src/index.ts';

const DELTAS = 5_000;

/** All of an answer is here at once, as from a recording. */
async function start(onDelta: () => void) {
  const bus = createMessageBus();
  await bus.start();
  const model = scriptedChatModel([{ deltas: Array.from({ length: DELTAS }, () => 'word ') }]);
  const watched: typeof model = Object.assign(Object.create(model) as typeof model, {
    async *stream(...call: Parameters<typeof model.stream>) {
      for await (const delta of model.stream(...call)) {
        onDelta();
        yield delta;
      }
    },
  });
  createToolChatEngine({ bus, model: watched, tools: createToolManager() });
  return bus;
}

describe('an answer that comes without a wait between its deltas', () => {
  it('is heard while it comes, so that its deltas do not pile up', async () => {
    let [made, heard, furthest] = [0, 0, 0];
    const bus = await start(() => {
      made += 1;
      furthest = Math.max(furthest, made - heard);
    });
    bus.registerEventHandler(ModelTextDeltaEvent, () => void (heard += 1));

    await bus.execute(ToolChatEngineCommand({ prompt: 'go' }));
    await bus.waitForEvents();

    expect(heard).toBe(DELTAS);
    expect(furthest).toBeLessThan(500);
    await bus.stop();
  });

  it('15.3 leaves room for an abort, also where nobody hears it', async () => {
    let made = 0;
    const bus = await start(() => (made += 1));
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error('stop')));

    const { success } = await bus.execute(ToolChatEngineCommand({ prompt: 'go' }), {
      signal: controller.signal,
    });

    expect(success).toBe(false);
    expect(made).toBeLessThan(DELTAS);
    await bus.stop();
  });
});
