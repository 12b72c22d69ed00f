export type { RunLimits, ToolChatEngineOptions } from './engine-options.ts';
export type { EngineTools } from './engine-tools.ts';
export {
  DamagedStreamError,
  EngineBusyError,
  EngineDisposedError,
  RunInterruptedError,
  RunNotFoundError,
} from './errors.ts';
export { createFileStreamStore, type FileStreamStoreOptions } from './file-stream-store.ts';
export { LOOP_NUDGE, type LoopGuardOptions } from './loop-guard.ts';
export {
  ToolChatEngineCommand,
  ToolChatEngineStatusEvent,
  ToolChatResumeCommand,
  ToolChatRunFinishedEvent,
  ToolOutcomeUnknownEvent,
  type RunStatus,
  type RunToolCall,
  type StopReason,
  type ToolChatResult,
} from './messages.ts';
export type { OnBusy } from './prompt-gate.ts';
export type { PromptData } from './prompt-schema.ts';
export { OUTCOME_UNKNOWN } from './resume.ts';
export { runStream } from './run-journal.ts';
export { createToolChatEngine, type ToolChatEngine } from './tool-chat-engine.ts';
