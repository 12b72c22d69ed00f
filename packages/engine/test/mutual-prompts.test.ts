import { createMessageBus, sessionId, type SessionId } from '@llmgine/core';
import { scriptedChatModel } from '@llmgine/llm/testing';
import { createFakeClock } from '@llmgine/testing';
import { createToolManager, defineTool, jsonSchema } from '@llmgine/tools';
import { describe, expect, it } from 'vitest';
import { createToolChatEngine, ToolChatEngineCommand, type OnBusy } from '../src/index.ts';

const [left, right] = [sessionId('left'), sessionId('right')];
const TIMEOUT_MS = 5_000;

/** Two sessions whose only tool prompts the other one, both asked at the same time. */
async function askBoth(onBusy: OnBusy) {
  const clock = createFakeClock();
  const bus = createMessageBus({ clock });
  await bus.start();
  const contents: string[] = [];
  const asking = new Set<SessionId>();
  const bothAsk = Promise.withResolvers<void>();
  for (const [own, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const tools = createToolManager({ clock, defaultTimeoutMs: TIMEOUT_MS });
    tools.registerTool(
      defineTool({
        name: 'ask_other',
        description: 'Asks the other session.',
        effect: 'read',
        input: jsonSchema<object>({ type: 'object' }),
        async execute(_args, { signal }) {
          if (asking.add(own).size === 2) bothAsk.resolve();
          await bothAsk.promise;
          const command = ToolChatEngineCommand({ prompt: 'and you?' }, { sessionId: other });
          const outcome = await bus.execute(command, { signal });
          return outcome.success ? outcome.result.text : `not asked: ${outcome.error.name}`;
        },
      }),
    );
    createToolChatEngine({
      bus,
      sessionId: own,
      onBusy,
      tools,
      clock,
      model: scriptedChatModel([
        { toolCalls: [{ name: 'ask_other' }] },
        ({ messages }) => {
          contents.push(JSON.stringify(messages.at(-1)!.content));
          return { text: 'done' };
        },
        { text: 'asked by the other' },
      ]),
    });
  }
  const outcomes = Promise.all(
    [left, right].map((own) =>
      bus.execute(ToolChatEngineCommand({ prompt: 'go' }, { sessionId: own })),
    ),
  );
  return { outcomes, clock, contents, bothAsk: bothAsk.promise };
}

describe('two sessions that prompt each other at the same time', () => {
  it('wait no longer than the timeout of the tool, and both answer', async () => {
    const { outcomes, clock, bothAsk } = await askBoth('queue');
    await bothAsk;
    await clock.advanceAsync(TIMEOUT_MS);

    expect((await outcomes).map(({ success }) => success)).toEqual([true, true]);
  });

  it("do not wait at all with onBusy 'reject'", async () => {
    const { outcomes, contents } = await askBoth('reject');

    expect((await outcomes).map(({ success }) => success)).toEqual([true, true]);
    expect(contents.join(' ')).toContain('not asked: EngineBusyError');
  });
});
