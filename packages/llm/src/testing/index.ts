export { completionChunks, sseResponse, type CompletionToStream } from './completion-stream.ts';
export {
  jsonResponse,
  startReplayServer,
  type ReceivedRequest,
  type ReplayResponse,
  type ReplayScript,
  type ReplayServer,
} from './replay-server.ts';
export {
  scriptedChatModel,
  type ScriptedAnswer,
  type ScriptedChatModel,
  type ScriptStep,
} from './scripted-chat-model.ts';
