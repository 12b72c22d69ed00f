/**
 * Names of attributes, metrics and operations, as the OpenTelemetry conventions for messaging and for generative AI
 * have them in November 2026. Kept here because those conventions still move and their packages with them.
 */
export const attribute = {
  errorType: 'error.type',
  sessionId: 'session.id',

  messagingSystem: 'messaging.system.name',
  messagingOperationName: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingMessageId: 'messaging.message.id',
  messagingConversationId: 'messaging.message.conversation_id',
  messagingConsumerGroup: 'messaging.consumer.group.name',

  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  conversationId: 'gen_ai.conversation.id',
  agentId: 'gen_ai.agent.id',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  tokenType: 'gen_ai.token.type',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolDescription: 'gen_ai.tool.description',
  toolCallId: 'gen_ai.tool.call.id',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',

  attempt: 'llmgine.attempt',
  handler: 'llmgine.handler',
  delayMs: 'llmgine.retry.delay_ms',
  disposition: 'llmgine.event.disposition',
  toolStatus: 'llmgine.tool.status',
  toolRepairs: 'llmgine.tool.repairs',
  step: 'llmgine.step',
  costDollars: 'llmgine.cost.dollars',
  data: 'llmgine.message.data',
} as const;

/** What this bus calls itself among messaging systems. */
export const MESSAGING_SYSTEM = 'llmgine';

/** Names of metrics. */
export const metricName = {
  modelDuration: 'gen_ai.client.operation.duration',
  tokenUsage: 'gen_ai.client.token.usage',
  timeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  processDuration: 'messaging.process.duration',
} as const;

/** Names our spans and metrics among those of other libraries. */
export const SCOPE_NAME = '@llmgine/observability';
