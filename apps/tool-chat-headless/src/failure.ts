import { isLlmgineError, StreamConflictError } from '@llmgine/core';
import { createRedactor } from '@llmgine/core/redaction';
import { ModelError, type ModelErrorKind } from '@llmgine/llm';
import type { ChatFailure } from './output/output.ts';
import { oneLine } from './output/terminal-text.ts';

/** What to do about each kind of failure. */
const ADVICE: Readonly<Record<ModelErrorKind, string>> = {
  'rate-limit': 'Wait and try again.',
  quota: "Check the account's plan and billing.",
  overloaded: 'Try again in a while.',
  'context-overflow': 'Start a new session, or ask for less at once.',
  'content-filter': 'Ask in other words.',
  'tool-call-refused': 'Try again, or use another model.',
  authentication: 'Check OPENAI_API_KEY.',
  'not-found': 'Check OPENAI_MODEL (or --model) and OPENAI_BASE_URL.',
  'invalid-request': 'Check that the endpoint and the model take tools.',
  connection: 'Check OPENAI_BASE_URL and the network.',
  timeout: 'Check that the endpoint is alive, or try again.',
  empty: 'Try again, or use another model.',
  incomplete: 'Try again.',
  malformed:
    'Check OPENAI_BASE_URL: it must be a Chat Completions endpoint, usually ending in /v1.',
  unknown: 'Try again.',
};

/** Somebody pressed Ctrl-C. */
export const INTERRUPTED: ChatFailure = { code: 'INTERRUPTED', message: 'Interrupted.' };

const TAKEN =
  'Another process works on this session, or was cut off while it did. Wait until it ends, go on with --resume, or use another session name.';

const TLS_ADVICE =
  'Check whether OPENAI_BASE_URL begins with http or https; for a certificate of your own set NODE_EXTRA_CA_CERTS.';

/** What the operating system says of a place that cannot be written, and what to do about it. */
const FULL = new Set(['EDQUOT', 'ENOSPC']);
const UNWRITABLE = new Set(['EACCES', 'EISDIR', 'ELOOP', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS']);
const FULL_ADVICE = 'Free some space, or set LLMGINE_CHAT_HOME to a directory that has it.';
const UNWRITABLE_ADVICE =
  'To keep sessions, set LLMGINE_CHAT_HOME to a directory that can be written.';

const LONGEST = 400;

/** Providers quote keys in what they say. */
const redact = createRedactor();

/** Says in one line what happened and what to do. */
export function toFailure(error: Error): ChatFailure {
  const code = isLlmgineError(error) ? error.code : error.name;
  const message = oneLine(String(redact(error.message)), LONGEST);
  if (error instanceof StreamConflictError) return { code, message: TAKEN };
  const place = placeAdvice(error);
  if (place !== undefined) return { code, message: `${message}. ${place}` };
  if (!(error instanceof ModelError)) return { code, message };
  const { kind, retryAfterMs } = error;
  return {
    code: `${code}:${kind}`,
    message: `${message.replace(/[.\s]*$/, '.')} ${adviceFor(error)}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Sessions are all that is written below a path that nobody gave on the command line. */
function placeAdvice({ code = '', path }: NodeJS.ErrnoException): string | undefined {
  if (FULL.has(code)) return FULL_ADVICE;
  return path !== undefined && UNWRITABLE.has(code) ? UNWRITABLE_ADVICE : undefined;
}

function adviceFor({ kind, retryAfterMs, message }: ModelError): string {
  if (retryAfterMs !== undefined) return `Try again in ${inWords(retryAfterMs)}.`;
  return kind === 'connection' && /CERT|SSL|TLS|EPROTO/.test(message) ? TLS_ADVICE : ADVICE[kind];
}

function inWords(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1).replace('.0', '')} h`;
}
