import { defineEvent, typeOnly } from '@llmgine/core';
import type { Vocabulary } from '@llmgine/core/vocabulary';

/** A model asked for a tool. */
export const ToolCallRequestedEvent = defineEvent('tool.call.requested', {
  data: typeOnly<Vocabulary['tool.call.requested']>(),
});

/** Somebody has to decide whether a tool may run; answered with `ToolApprovalCommand`. */
export const ToolApprovalRequestedEvent = defineEvent('tool.approval.requested', {
  data: typeOnly<Vocabulary['tool.approval.requested']>(),
});

/** A tool begins, after validation and approval. */
export const ToolExecuteStartedEvent = defineEvent('tool.execute.started', {
  data: typeOnly<Vocabulary['tool.execute.started']>(),
});

/** A tool tells how far it is. Lossy: evicted first when the queue is under pressure. */
export const ToolProgressEvent = defineEvent('tool.progress', {
  data: typeOnly<Vocabulary['tool.progress']>(),
  lossy: true,
});

/** A tool call has its one result. */
export const ToolExecuteResultEvent = defineEvent('tool.executed', {
  data: typeOnly<Vocabulary['tool.executed']>(),
});

/** A tool that had been given up on settled after all. */
export const ToolLateResultEvent = defineEvent('tool.late-result', {
  data: typeOnly<Vocabulary['tool.late-result']>(),
});
