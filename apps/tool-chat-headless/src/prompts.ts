/** One line of `--input jsonl`. */
export type InputLine =
  | { readonly type: 'prompt'; readonly prompt: string }
  | {
      readonly type: 'approval';
      readonly toolCallId: string;
      readonly decision: 'allow' | 'deny';
      readonly reason?: string;
    }
  | { readonly type: 'interrupt' };

/** Reads a line of `--input jsonl`. A string says what is wrong with it. */
export function readInputLine(line: string): InputLine | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `This line is no JSON: ${line.slice(0, 80)}`;
  }
  const { type, prompt, toolCallId, decision, reason } = (parsed ?? {}) as Record<string, unknown>;
  if (type === 'interrupt') return { type };
  if (type === 'approval') {
    if (typeof toolCallId !== 'string' || (decision !== 'allow' && decision !== 'deny')) {
      return 'An approval needs a toolCallId and a decision that is "allow" or "deny".';
    }
    return { type, toolCallId, decision, ...(typeof reason === 'string' && { reason }) };
  }
  if (
    (type === undefined || type === 'prompt') &&
    typeof prompt === 'string' &&
    prompt.trim() !== ''
  ) {
    return { type: 'prompt', prompt };
  }
  return 'A line needs a "prompt" that is not empty, or a "type" of "approval" or "interrupt".';
}
