import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMessageBus } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import type { ChatRequest } from '@llmgine/llm';
import { scriptedChatModel, type ScriptedAnswer } from '@llmgine/llm/testing';
import { createToolManager, defineTool, jsonSchema } from '@llmgine/tools';
import {
  createFileStreamStore,
  createToolChatEngine,
  runStream,
  ToolChatEngineCommand,
} from '../src/index.ts';

/** Runs prompts one after another, each with tools whose effects are counted in a file, until it is killed or all are answered. */
const [directory = '', firstRun = '0', runs = '1', killAt = ''] = process.argv.slice(2);

const effects = join(directory, 'effects.txt');
const journal = watched(createFileStreamStore({ directory: join(directory, 'journal') }));
const bus = createMessageBus();
await bus.start();
const tools = createToolManager();
for (const effect of ['read', 'idempotent', 'once'] as const) {
  tools.registerTool(
    defineTool({
      name: effect,
      description: `Has a ${effect} effect.`,
      effect,
      input: jsonSchema<{ n: number }>({ type: 'object', properties: { n: { type: 'number' } } }),
      async execute(_args, { idempotencyKey }) {
        dieAt(`${effect}.before`);
        await pause();
        appendFileSync(effects, `${effect} ${idempotencyKey}\n`);
        dieAt(`${effect}.after`);
        await pause();
        return `${effect} is done`;
      },
    }),
  );
}
process.stdout.write('ready\n');

for (let run = Number(firstRun); run < Number(runs); run++) {
  const runId = `run-${run}`;
  using engine = createToolChatEngine({
    bus,
    tools,
    journal,
    model: scriptedChatModel(Array.from({ length: 20 }, () => answer)),
  });
  const outcome = (await isBegun(runId))
    ? await engine.resume(runId)
    : await bus.execute(ToolChatEngineCommand({ prompt: 'Do it all.', runId }));
  if (!outcome.success) throw outcome.error;
  process.stdout.write(`${JSON.stringify(outcome.result)}\n`);
}

/** Answers by how far the conversation is, as a model would after a restart. */
function answer({ messages }: ChatRequest): ScriptedAnswer {
  const steps = messages.filter(({ role }) => role === 'assistant').length;
  switch (steps) {
    case 0:
      return { text: 'First.', toolCalls: [call('read', 1), call('idempotent', 2)] };
    case 1:
      return { toolCalls: [call('once', 3)] };
    case 2:
      return { toolCalls: [call('once', 4), call('read', 5), call('once', 6)] };
    default:
      return {
        text: `All of it: ${messages.filter(({ role }) => role === 'tool').length} results.`,
      };
  }
}

function call(name: string, n: number) {
  return { id: `call-${n}`, name, arguments: { n } };
}

async function isBegun(runId: string): Promise<boolean> {
  for await (const _ of journal.read(runStream(runId))) return true;
  return false;
}

function watched(store: StreamStore): StreamStore {
  return {
    read: (stream, options) => store.read(stream, options),
    list: (prefix) => store.list(prefix),
    delete: (stream) => store.delete(stream),
    async append(stream, version, records) {
      const { type } = records[0] as { type: string };
      dieAt(`${type}.before`);
      const appended = await store.append(stream, version, records);
      dieAt(`${type}.after`);
      return appended;
    },
  };
}

function dieAt(step: string): void {
  if (step === killAt) process.kill(process.pid, 'SIGKILL');
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
