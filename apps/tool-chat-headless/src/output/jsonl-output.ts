import { toResultLine } from './json-output.ts';
import type { ChatOutput } from './output.ts';
import type { OutputStreams } from './streams.ts';

/** A JSON line per event on stdout: `init` first, `result` last, whatever happens. */
export function createJsonlOutput({ stdout, stderr }: OutputStreams): ChatOutput {
  let started = false;

  return {
    start: (start) => write({ type: 'init', ...start }),
    notice: (text) => void stderr.write(`${text}\n`),
    prompt: (prompt) => write({ type: 'prompt', prompt }),
    status: (status) => write({ type: 'status', status }),
    delta: (text) => write({ type: 'delta', text }),
    toolRequested: ({ toolCallId, toolName, arguments: args }) =>
      write({ type: 'tool.requested', toolCallId, toolName, arguments: args }),
    toolResult: ({ toolCallId, toolName, toolArgs, status, toolResult, repairs }) =>
      write({
        type: 'tool.result',
        toolCallId,
        toolName,
        arguments: toolArgs,
        status,
        content: toolResult,
        repairs,
      }),
    approvalRequested: ({ toolCallId, toolName, toolArgs, effect }) =>
      write({ type: 'approval.requested', toolCallId, toolName, arguments: toolArgs, effect }),
    modelFinished: ({ step, success, finishReason, usage, cost }) =>
      write({ type: 'model.finished', step, success, finishReason, usage, cost }),
    sessions(sessions) {
      write({ type: 'init' });
      for (const session of sessions) write({ type: 'session', ...session });
    },
    turn: (end) => write({ ...toResultLine(end), type: 'turn' }),
    end(end) {
      if (!started) write({ type: 'init', sessionId: end.sessionId });
      write(toResultLine(end));
    },
  };

  function write(line: { readonly type: string; readonly [field: string]: unknown }): void {
    started ||= line.type === 'init';
    stdout.write(`${JSON.stringify(line)}\n`);
  }
}
