import type { ChatEnd, ChatOutput } from './output.ts';
import type { OutputStreams } from './streams.ts';

/** One JSON object at the end on stdout; notices on stderr. */
export function createJsonOutput({ stdout, stderr }: OutputStreams): ChatOutput {
  let last: ChatEnd | undefined;
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
    turn: (end) => {
      last = end;
    },
    end: (end) => void stdout.write(`${JSON.stringify(toResultLine({ ...last, ...end }))}\n`),
  };
}

/** The result as scripts read it, in JSON and in the last line of JSON lines. */
export function toResultLine({ sessionId, exitCode, result, error }: ChatEnd) {
  return {
    type: 'result',
    sessionId,
    success: exitCode === 0,
    exitCode,
    stopReason: result?.stopReason ?? 'error',
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
