import {
  defineCommand,
  defineEvent,
  fail,
  ok,
  sessionId,
  typeOnly,
  type BusSignal,
  type EventMessage,
} from '@llmgine/core';
import type { ModelCallFinishedData, ToolExecuteResultData } from '@llmgine/core/vocabulary';

export const Greet = defineCommand('greet', { data: typeOnly<{ name: string }>() });
export const Greeted = defineEvent('greeted', { data: typeOnly<{ text: string }>() });
const ModelCallFinished = defineEvent('model.call.finished', {
  data: typeOnly<ModelCallFinishedData>(),
});
const ToolExecuted = defineEvent('tool.executed', { data: typeOnly<ToolExecuteResultData>() });

/** What a bus reports of two commands, one retried and failing, and three events, one dropped and one failing. */
export function aBusAtWork(): BusSignal[] {
  const command = Greet({ name: 'Ann' });
  const event = Greeted({ text: 'hi' });
  const error = new Error('no');
  const at = 0;
  return [
    { type: 'bus.started', at },
    { type: 'handlers.changed', at, registered: 2 },
    { type: 'session.started', at, sessionId: sessionId('a') },
    { type: 'session.started', at, sessionId: sessionId('b') },
    { type: 'command.started', at, command },
    {
      type: 'command.completed',
      at,
      command,
      durationMs: 2,
      result: { ...ok('hi'), commandId: command.id },
    },
    { type: 'command.started', at, command },
    { type: 'command.retried', at, command, attempt: 1, delayMs: 5, error },
    {
      type: 'command.completed',
      at,
      command,
      durationMs: 9,
      result: { ...fail(error), commandId: command.id },
    },
    { type: 'command.dead-lettered', at, command, error, deadLetters: 1 },
    {
      type: 'circuit.changed',
      at,
      breaker: 'greet',
      from: 'closed',
      to: 'open',
      cause: 'failures',
    },
    { type: 'event.published', at, event },
    { type: 'event.queued', at, event, queueSize: 4 },
    { type: 'event.processed', at, event, durationMs: 1, failures: [] },
    { type: 'event.published', at, event },
    { type: 'event.processed', at, event, durationMs: 3, failures: [{ handler: 'say', error }] },
    { type: 'event.published', at, event },
    { type: 'event.dropped', at, event, queueSize: 4, reason: 'queue-full' },
    { type: 'queue.pressure-changed', at, active: true, queueSize: 4 },
    { type: 'session.ended', at, sessionId: sessionId('b') },
  ];
}

/** What a bus reports of one model call. */
export function aModelCall(data: Partial<ModelCallFinishedData> = {}): BusSignal[] {
  return published(
    ModelCallFinished({
      modelCallId: 'm1',
      provider: 'openai',
      model: 'gpt-test',
      step: 1,
      success: true,
      usage: { inputTokens: 120, outputTokens: 30, totalTokens: 150 },
      cost: 0.0042,
      durationMs: 800,
      timeToFirstChunkMs: 120,
      ...data,
    }),
  );
}

/** What a bus reports of one tool call. */
export function aToolCall(data: Partial<ToolExecuteResultData> = {}): BusSignal[] {
  return published(
    ToolExecuted({
      executionSucceed: true,
      status: 'ok',
      toolInfo: { name: 'get_weather' },
      toolName: 'get_weather',
      toolCallId: 'c1',
      toolArgs: {},
      toolResult: 'sunny',
      repairs: [],
      durationMs: 250,
      ...data,
    }),
  );
}

function published(event: EventMessage): BusSignal[] {
  return [
    { type: 'event.published', at: 0, event },
    { type: 'event.processed', at: 0, event, durationMs: 1, failures: [] },
  ];
}
