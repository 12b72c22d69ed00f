export { budget, type Budget, type BudgetOptions, type BudgetReservation } from './budget.ts';
export {
  createChatHistory,
  NO_RESULT,
  type AssistantMessageOptions,
  type ChatHistory,
  type ChatHistoryData,
  type ChatHistoryOptions,
  type ToolMessageOptions,
  type TrimLimits,
} from './chat-history.ts';
export {
  toChatToolCall,
  type AssistantMessage,
  type ChatMessage,
  type ChatTool,
  type ChatToolCall,
  type ContentPart,
  type ModelToolCall,
  type SystemMessage,
  type ToolMessage,
  type UserMessage,
} from './chat-message.ts';
export type {
  ChatCallOptions,
  ChatDelta,
  ChatModel,
  ChatRequest,
  ChatResponse,
  FinishReason,
  ModelMessage,
} from './chat-model.ts';
export {
  compactHistory,
  type CompactionOptions,
  type CompactionRequest,
  type Summarise,
} from './compaction.ts';
export {
  BudgetExceededError,
  ModelError,
  ScriptMismatchError,
  ToolCallNotOpenError,
  type BudgetLimit,
  type ModelErrorDetails,
  type ModelErrorKind,
} from './errors.ts';
export type { ConversationMessage } from './legal-view.ts';
export {
  ModelCallFinishedEvent,
  ModelCallStartedEvent,
  ModelTextDeltaEvent,
} from './model-events.ts';
export {
  openStoredChatHistory,
  type StoredChatHistory,
  type StoredChatHistoryOptions,
} from './stored-chat-history.ts';
export { addUsage, costOf, type ModelPrice, type Usage } from './usage.ts';
