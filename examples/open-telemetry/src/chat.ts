import { defineCommand, defineEvent, ok, typeOnly, type MessageBus } from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import type {
  ModelCallFinishedData,
  ModelCallStartedData,
  ToolExecuteResultData,
  ToolExecuteStartedData,
} from '@llmgine/core/vocabulary';

export const Ask = defineCommand('chat.ask', {
  data: typeOnly<{ readonly prompt: string }>(),
  result: typeOnly<string>(),
});
const Answered = defineEvent('chat.answered', { data: typeOnly<{ readonly text: string }>() });
const ModelStarted = defineEvent('model.call.started', { data: typeOnly<ModelCallStartedData>() });
const ModelFinished = defineEvent('model.call.finished', {
  data: typeOnly<ModelCallFinishedData>(),
});
const ToolStarted = defineEvent('tool.execute.started', {
  data: typeOnly<ToolExecuteStartedData>(),
});
const ToolExecuted = defineEvent('tool.executed', { data: typeOnly<ToolExecuteResultData>() });

const model = { provider: 'demo', model: 'demo-large' };
const tool = { toolCallId: 'call-1', toolName: 'get_weather', toolArgs: { city: 'Kyoto' } };

/** A chat whose model asks for a tool and then answers. A model and a tool manager publish the same events. */
export function registerChat(bus: MessageBus): void {
  bus.registerCommandHandler(
    Ask,
    async (_command, context) => {
      const first = { ...model, modelCallId: 'model-1', step: 1 };
      await context.publish(ModelStarted(first));
      await sleep(40);
      await context.publish(ModelFinished({ ...first, ...finished(40, 'tool_calls') }));

      await context.publish(ToolStarted({ ...tool, effect: 'read', idempotencyKey: 'key-1' }));
      await sleep(20);
      await context.publish(ToolExecuted({ ...tool, ...executed(20) }));

      const second = { ...model, modelCallId: 'model-2', step: 2 };
      await context.publish(ModelStarted(second));
      await sleep(30);
      await context.publish(ModelFinished({ ...second, ...finished(30, 'stop') }));

      await context.publish(Answered({ text: 'Sunny.' }), { awaitProcessing: false });
      return ok('Sunny.');
    },
    { name: 'chat' },
  );
  bus.registerEventHandler(Answered, () => {}, { name: 'show' });
  bus.registerEventHandler(
    Answered,
    () => {
      throw new Error('the archive is closed');
    },
    { name: 'archive' },
  );
}

function finished(durationMs: number, finishReason: string) {
  const usage = { inputTokens: 120, outputTokens: 18 };
  return { success: true, finishReason, usage, cost: 0.0021, durationMs };
}

function executed(durationMs: number) {
  return {
    executionSucceed: true,
    status: 'ok' as const,
    toolInfo: { name: tool.toolName },
    toolResult: 'sunny',
    repairs: [],
    durationMs,
  };
}
