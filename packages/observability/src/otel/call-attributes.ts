import type { ModelCallFinishedData, ToolExecuteResultData } from '@llmgine/core/vocabulary';
import type { Attributes } from '@opentelemetry/api';
import { attribute } from './attributes.ts';

/** What a finished model call adds to its span. What is unknown is left out. */
export function modelAttributes(data: ModelCallFinishedData): Attributes {
  const { usage } = data;
  return known({
    [attribute.responseModel]: data.responseModel,
    [attribute.responseId]: data.responseId,
    [attribute.finishReasons]: data.finishReason === undefined ? undefined : [data.finishReason],
    [attribute.timeToFirstChunk]:
      data.timeToFirstChunkMs === undefined ? undefined : data.timeToFirstChunkMs / 1000,
    [attribute.inputTokens]: usage.inputTokens,
    [attribute.outputTokens]: usage.outputTokens,
    [attribute.cacheReadTokens]: usage.cacheReadTokens,
    [attribute.cacheWriteTokens]: usage.cacheWriteTokens,
    [attribute.reasoningTokens]: usage.reasoningTokens,
    [attribute.costDollars]: data.cost,
  });
}

/** What a finished tool call adds to its span. */
export function toolAttributes(data: ToolExecuteResultData): Attributes {
  return known({
    [attribute.toolCallId]: data.toolCallId,
    [attribute.toolStatus]: data.status,
    [attribute.toolDescription]: data.toolInfo.description,
    [attribute.agentId]: data.engineId,
    [attribute.toolRepairs]: data.repairs.length > 0 ? [...data.repairs] : undefined,
  });
}

function known(attributes: Record<string, Attributes[string] | undefined>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
