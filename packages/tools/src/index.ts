export {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
  ToolExecuteStartedEvent,
  ToolLateResultEvent,
  ToolProgressEvent,
} from './tool-events.ts';
