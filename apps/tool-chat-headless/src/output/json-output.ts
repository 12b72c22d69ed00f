import type { SessionSummary } from '../sessions.ts';
import type { ChatEnd, ChatOutput } from './output.ts';
import type { OutputStreams } from './streams.ts';

/** One JSON object at the end on stdout; notices on stderr. */
export function createJsonOutput({ stdout, stderr }: OutputStreams): ChatOutput {
  let last: ChatEnd | undefined;
  let listed: readonly SessionSummary[] | undefined;
  const ignore = (): void => {};

  return {
    start: ignore,
    notice: (text) => void stderr.write(`${text}\n`),
    prompt: ignore,
    status: ignore,
    delta: ignore,
    toolRequested: ignore,
    toolResult: ignore,
    approvalRequested: ignore,
    modelFinished: ignore,
    sessions: (sessions) => {
      listed = sessions;
    },
    turn: (end) => {
      last = end;
    },
    end: (end) => {
      const result = listed
        ? { type: 'sessions', sessions: listed }
        : toResultLine({ ...last, ...end });
      stdout.write(`${JSON.stringify(result)}\n`);
    },
  };
}

/** The result as scripts read it, in JSON and in the last line of JSON lines. */
export function toResultLine({ sessionId, exitCode, result, error }: ChatEnd) {
  return {
    type: 'result',
    sessionId,
    success: exitCode === 0,
    exitCode,
    ...((result ?? error) && { stopReason: result?.stopReason ?? 'error' }),
    text: result?.text ?? '',
    ...(result && {
      runId: result.runId,
      steps: result.steps,
      toolCalls: result.toolCalls,
      usage: result.usage,
    }),
    ...(error && { error }),
  };
}
