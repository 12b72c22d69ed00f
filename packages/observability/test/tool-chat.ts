import {
  createMessageBus,
  defineCommand,
  defineEvent,
  fail,
  ok,
  sessionId,
  typeOnly,
  type BusSession,
  type CommandInvoker,
  type MessageBus,
  type MessageBusOptions,
  type SignalHub,
} from '@llmgine/core';
import type {
  ModelCallFinishedData,
  ModelCallStartedData,
  ToolExecuteResultData,
  ToolExecuteStartedData,
} from '@llmgine/core/vocabulary';

export const Ask = defineCommand('chat.ask', {
  data: typeOnly<{ prompt: string }>(),
  result: typeOnly<string>(),
});
export const LookUp = defineCommand('weather.look-up', {
  data: typeOnly<{ city: string }>(),
  result: typeOnly<string>(),
});
export const Answered = defineEvent('chat.answered', { data: typeOnly<{ text: string }>() });
const ModelStarted = defineEvent('model.call.started', { data: typeOnly<ModelCallStartedData>() });
const ModelFinished = defineEvent('model.call.finished', {
  data: typeOnly<ModelCallFinishedData>(),
});
const ToolStarted = defineEvent('tool.execute.started', {
  data: typeOnly<ToolExecuteStartedData>(),
});
const ToolExecuted = defineEvent('tool.executed', { data: typeOnly<ToolExecuteResultData>() });

/** What the user asks, the model answers and the tool gives: the content that nobody should see by default. */
export interface ChatContent {
  readonly prompt: string;
  readonly city: string;
  readonly forecast: string;
  readonly answer: string;
}

const harmless: ChatContent = {
  prompt: 'How is the weather in Kyoto?',
  city: 'Kyoto',
  forecast: 'sunny',
  answer: 'It is sunny in Kyoto.',
};

/** A bus that tries commands twice and says so, and the handlers of a chat with one tool. */
export function aToolChatBus(
  signals: SignalHub,
  options: MessageBusOptions = {},
  content = harmless,
): MessageBus {
  const bus = createMessageBus({ ...options, signals, invoker: retryOnce(signals) });
  let lookUps = 0;

  bus.registerCommandHandler(
    LookUp,
    () => (++lookUps % 2 === 1 ? fail(new Error('overloaded')) : ok(content.forecast)),
    {
      name: 'weather service',
    },
  );
  bus.registerCommandHandler(
    Ask,
    async (_command, context) => {
      await context.publish(ModelStarted({ ...firstCall, input: content.prompt }));
      await context.publish(
        ModelFinished({ ...firstCall, ...answered('tool_calls', content.city) }),
      );
      await context.publish(
        ToolStarted({
          ...toolCall,
          toolArgs: { city: content.city },
          effect: 'read',
          idempotencyKey: 'k1',
        }),
      );
      const found = await context.execute(LookUp({ city: content.city }));
      await context.publish(
        ToolExecuted({
          ...toolCall,
          ...toolAnswered(content),
          toolResult: String(found.success && found.result),
        }),
      );
      await context.publish(ModelStarted({ ...secondCall, input: content.forecast }));
      await context.publish(ModelFinished({ ...secondCall, ...answered('stop', content.answer) }));
      await context.publish(Answered({ text: content.answer }), { awaitProcessing: false });
      return ok(content.answer);
    },
    { name: 'chat' },
  );
  bus.registerEventHandler(Answered, () => {}, { name: 'show' });
  bus.registerEventHandler(
    Answered,
    () => {
      throw new TypeError('no archive');
    },
    { name: 'archive' },
  );
  return bus;
}

/** Asks once in a session called kyoto. */
export async function chatOnce(bus: MessageBus, content = harmless): Promise<void> {
  await bus.start();
  const session: BusSession = await bus.session(sessionId('kyoto'));
  await session.execute(Ask({ prompt: content.prompt }));
  await bus.waitForEvents();
  await session.end();
  await bus.stop();
}

function retryOnce(signals: SignalHub): CommandInvoker {
  return async ({ command }, invoke) => {
    const first = await invoke(1);
    if (first.success) return first;
    signals.emit({
      type: 'command.retried',
      at: Date.now(),
      command,
      attempt: 1,
      delayMs: 0,
      error: first.error,
    });
    return invoke(2);
  };
}

const model = { provider: 'openai', model: 'gpt-test' };
const firstCall = { ...model, modelCallId: 'm1', step: 1 };
const secondCall = { ...model, modelCallId: 'm2', step: 2 };
const toolCall = { toolCallId: 'c1', toolName: 'get_weather' };

function answered(finishReason: string, output: string) {
  return {
    success: true,
    responseModel: 'gpt-test-2026',
    finishReason,
    usage: { inputTokens: 120, outputTokens: 30 },
    cost: 0.0042,
    durationMs: 800,
    timeToFirstChunkMs: 120,
    output,
  };
}

function toolAnswered({ city }: ChatContent) {
  return {
    executionSucceed: true,
    status: 'ok' as const,
    toolInfo: { name: 'get_weather' },
    toolArgs: { city },
    repairs: [],
    durationMs: 5,
  };
}
