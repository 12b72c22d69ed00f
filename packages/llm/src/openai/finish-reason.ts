import type { FinishReason } from '../chat-model.ts';
import type { ModelErrorKind } from '../errors.ts';

/** What endpoints call the protocol's four reasons, in lower case. */
const SYNONYMS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  end_turn: 'stop',
  eos: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  max_output_tokens: 'length',
  content_filter: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  prohibited_content: 'content_filter',
  blocklist: 'content_filter',
  sensitive: 'content_filter',
  refusal: 'content_filter',
};

/** Reasons that are failures. */
const FAILURES: Readonly<Record<string, ModelErrorKind>> = {
  error: 'overloaded',
  network_error: 'overloaded',
  insufficient_system_resource: 'overloaded',
  abort: 'incomplete',
  malformed_function_call: 'tool-call-refused',
  unexpected_tool_call: 'tool-call-refused',
  function_call_filter: 'tool-call-refused',
};

/** The protocol's word for an endpoint's reason; undefined when it has none. */
export function knownFinishReason(raw: string): FinishReason | undefined {
  const key = reasonProper(raw);
  return Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key] : undefined;
}

/** What kind of failure a reason stands for, if it does. */
export function failureOfFinishReason(raw: string): ModelErrorKind | undefined {
  const key = reasonProper(raw);
  return Object.hasOwn(FAILURES, key) ? FAILURES[key] : undefined;
}

/** Gemini puts what stopped it before the reason: `function_call_filter: MALFORMED_FUNCTION_CALL`. */
function reasonProper(raw: string): string {
  return raw
    .slice(raw.lastIndexOf(':') + 1)
    .trim()
    .toLowerCase();
}
