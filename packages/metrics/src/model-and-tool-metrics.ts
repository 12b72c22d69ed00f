import type { EventMessage } from '@llmgine/core';
import type {
  ModelCallFinishedData,
  TokenUsage,
  ToolExecuteResultData,
  Vocabulary,
} from '@llmgine/core/vocabulary';
import type { Instruments } from './instruments.ts';

/** Upper bounds in seconds for calls of models and tools. */
const CALL_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160];

/** Which field of the usage counts as which kind of token. */
const TOKEN_KINDS: Readonly<Record<string, Exclude<keyof TokenUsage, 'totalTokens'>>> = {
  input: 'inputTokens',
  output: 'outputTokens',
  cache_read: 'cacheReadTokens',
  cache_write: 'cacheWriteTokens',
  reasoning: 'reasoningTokens',
};

/** Measures model calls and tool calls by the events that report them, to be called with every published event. */
export function modelAndToolMetrics(instruments: Instruments): (event: EventMessage) => void {
  const modelCall = modelMetrics(instruments);
  const toolCall = toolMetrics(instruments);
  const late = instruments.counter({
    name: 'tool_late_results_total',
    help: 'Tool calls that settled after they had been given up on.',
    labels: ['tool'],
  });

  return (event) => {
    if (isOf(event, 'model.call.finished')) modelCall(event.data);
    else if (isOf(event, 'tool.executed')) toolCall(event.data);
    else if (isOf(event, 'tool.late-result')) late.add(1, { tool: event.data.toolName });
  };
}

function isOf<Type extends keyof Vocabulary>(
  event: EventMessage,
  type: Type,
): event is EventMessage<Type, Vocabulary[Type]> {
  return event.type === type;
}

function modelMetrics(instruments: Instruments): (data: ModelCallFinishedData) => void {
  const { calls, tokens, unknown, cost, seconds, firstChunk } =
    declareModelInstruments(instruments);

  return (data) => {
    const { provider, model, usage } = data;
    calls.series(provider, model, data.success ? 'ok' : 'error').value += 1;
    seconds.series(provider, model).record(data.durationMs / 1000);
    if (data.timeToFirstChunkMs !== undefined) {
      firstChunk.series(provider, model).record(data.timeToFirstChunkMs / 1000);
    }
    if (data.cost !== undefined) cost.series(provider, model).value += data.cost;
    if (usage.inputTokens === undefined && usage.outputTokens === undefined) {
      unknown.series(provider, model).value += 1;
    }
    for (const [kind, field] of Object.entries(TOKEN_KINDS)) {
      const count = usage[field];
      if (count !== undefined) tokens.series(provider, model, kind).value += count;
    }
  };
}

function declareModelInstruments(instruments: Instruments) {
  const labels = ['provider', 'model'] as const;
  const calls = instruments.counter({
    name: 'model_calls_total',
    help: 'Calls of a model.',
    labels: [...labels, 'outcome'],
  });
  const tokens = instruments.counter({
    name: 'model_tokens_total',
    help: 'Tokens as the provider reported them. cache_read, cache_write and reasoning are parts of input and output.',
    labels: [...labels, 'kind'],
  });
  const unknown = instruments.counter({
    name: 'model_calls_without_usage_total',
    help: 'Calls of which the provider reported no tokens: unknown, not none.',
    labels,
  });
  const cost = instruments.counter({
    name: 'model_cost_dollars_total',
    help: 'Cost in US dollars of the calls whose cost is known.',
    labels,
  });
  const seconds = instruments.histogram({
    name: 'model_call_duration_seconds',
    help: 'Time from sending a request to a model until its whole answer.',
    labels,
    bounds: CALL_BOUNDS,
  });
  const firstChunk = instruments.histogram({
    name: 'model_time_to_first_chunk_seconds',
    help: 'Time from sending a request to a model until the first piece of its answer.',
    labels,
    bounds: CALL_BOUNDS,
  });

  return { calls, tokens, unknown, cost, seconds, firstChunk };
}

function toolMetrics(instruments: Instruments): (data: ToolExecuteResultData) => void {
  const calls = instruments.counter({
    name: 'tool_calls_total',
    help: 'Tool calls that have their result.',
    labels: ['tool', 'outcome'],
  });
  const repaired = instruments.counter({
    name: 'tool_calls_repaired_total',
    help: 'Tool calls whose arguments had to be mended.',
    labels: ['tool'],
  });
  const seconds = instruments.histogram({
    name: 'tool_call_duration_seconds',
    help: 'Time that a tool call took.',
    labels: ['tool', 'outcome'],
    bounds: CALL_BOUNDS,
  });

  return ({ toolName, status, durationMs, repairs }) => {
    calls.series(toolName, status).value += 1;
    seconds.series(toolName, status).record(durationMs / 1000);
    if (repairs.length > 0) repaired.series(toolName).value += 1;
  };
}
