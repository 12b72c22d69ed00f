import { writeSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { argv, memoryUsage, resourceUsage } from 'node:process';
import { createMessageBus } from '@llmgine/core';
import { createToolChatEngine, ToolChatEngineCommand } from '@llmgine/engine';
import { ModelTextDeltaEvent, type ChatModel } from '@llmgine/llm';
import { accumulateChatCompletion } from '@llmgine/llm/openai';
import { createToolManager } from '@llmgine/tools';
import type { AnswerMemory } from './delta-memory.ts';

const TEXT = 'word ';
const count = Number(argv[2]);
const sink = openSync('/dev/null', 'w');

/** As from a socket, where other work has its turn between packets. */
const PER_PACKET = 100;

async function* chunks(count: number): AsyncIterable<unknown> {
  for (let made = 0; made < count; made++) {
    if (made % PER_PACKET === 0) await setImmediate();
    yield { choices: [{ index: 0, delta: { content: TEXT } }] };
  }
  yield { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
}

let deltas = 100;
const model: ChatModel = {
  provider: 'fake',
  model: 'fake',
  generate: () => Promise.reject(new Error('not used')),
  stream: () => accumulateChatCompletion(chunks(deltas)),
};
const bus = createMessageBus();
await bus.start();
createToolChatEngine({ bus, model, tools: createToolManager() });
let seen = 0;
let atEnd = 0;
bus.registerEventHandler(ModelTextDeltaEvent, ({ data }) => {
  writeSync(sink, data.text);
  if (++seen === count) atEnd = heapInUse();
});

await bus.execute(ToolChatEngineCommand({ prompt: 'Warm up.' }));
await bus.waitForEvents();
seen = 0;
deltas = count;
const before = heapInUse();
await bus.execute(ToolChatEngineCommand({ prompt: 'Tell me.' }));
await bus.waitForEvents();
if (seen !== count) throw new Error(`${seen} of ${count} deltas came`);

const measured: AnswerMemory = {
  heldBytes: atEnd - before - count * TEXT.length,
  peakBytes: resourceUsage().maxRSS * 1024,
};
process.send?.(measured);

function heapInUse(): number {
  gc?.();
  return memoryUsage().heapUsed;
}
