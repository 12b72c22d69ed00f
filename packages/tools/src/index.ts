export {
  allow,
  ask,
  deny,
  edit,
  type ApprovalAnswer,
  type ApprovalDecision,
  type ApprovalRequest,
  type ToolApproval,
} from './approval.ts';
export {
  attachTools,
  ToolApprovalCommand,
  type AttachToolsOptions,
  type ToolBus,
} from './attach-tools.ts';
export { defineTool, type Tool, type ToolContext, type ToolShape } from './define-tool.ts';
export {
  DuplicateToolError,
  InvalidToolArgumentsError,
  NoPendingApprovalError,
  ToolBusyError,
  ToolCallError,
  ToolCancelledError,
  ToolDeniedError,
  ToolFailedError,
  ToolTimeoutError,
  UnknownToolError,
  UnreadableToolResultError,
} from './errors.ts';
export type { ImminentRun, ToolCall, ToolCallOptions, ToolResult } from './tool-call.ts';
export type { FunctionTool, ToolChange } from './tool-catalogue.ts';
export { toolCommand, type ToolCommandData, type ToolCommandDefinition } from './tool-command.ts';
export type { RunAttempt, ToolConnection, ToolRun } from './tool-connection.ts';
export {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
  ToolExecuteStartedEvent,
  ToolLateResultEvent,
  ToolProgressEvent,
} from './tool-events.ts';
export type { ToolManagerOptions } from './tool-manager-options.ts';
export { createToolManager, type ToolManager } from './tool-manager.ts';
export {
  jsonSchema,
  type ArgumentsOf,
  type JsonSchema,
  type StandardToolInput,
  type ToolInput,
} from './tool-schema.ts';
