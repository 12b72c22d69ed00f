export { endpointCompatFor, endpointCompats, type EndpointCompat } from './endpoint-compat.ts';
export { openAiChatModel, type OpenAiChatModelOptions } from './open-ai-chat-model.ts';
export {
  accumulateChatCompletion,
  createStreamAccumulator,
  type AccumulatorOptions,
  type StreamAccumulator,
} from './stream-accumulator.ts';
