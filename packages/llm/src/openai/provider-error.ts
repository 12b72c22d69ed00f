import { ModelError, type ModelErrorKind } from '../errors.ts';
import { isPlainObject, type PlainObject } from './plain-object.ts';
import { retryAfterOf } from './retry-after.ts';

/** What is known about a failure besides the endpoint's own words. */
export interface FailureSource {
  readonly provider: string;
  readonly status?: number | undefined;
  readonly headers?: Headers | undefined;
  /** Epoch milliseconds, to read a `Retry-After` that is a date. */
  readonly now?: number | undefined;
  readonly cause?: unknown;
}

interface ProviderWords {
  readonly message: string;
  readonly code: string;
}

/** First match wins; patterns look at the endpoint's code, type and message together. */
const KINDS_BY_WORDS: readonly (readonly [RegExp, ModelErrorKind])[] = [
  [
    /context_length|context length|context window|context size|maximum context|prompt is too long|too many tokens|exceeds the (available|maximum) (context|token)|input is too long|reduce the length/i,
    'context-overflow',
  ],
  [
    /insufficient_quota|exceeded your current quota|billing|insufficient[ _]balance|insufficient[ _]credits|payment required|out of credits|budget.{0,20}exceeded/i,
    'quota',
  ],
  [
    /content_filter|content management policy|content policy|responsible_?ai|safety system|moderation|flagged/i,
    'content-filter',
  ],
  [
    /tool_use_failed|failed to (call|parse) a?\s?(function|tool)|tool call (validation|parsing)|malformed.{0,10}function|failed_generation/i,
    'tool-call-refused',
  ],
  [
    /rate_?limit|rate limit|too many requests|tokens per min|requests per min|throttl|resource_exhausted/i,
    'rate-limit',
  ],
  [
    /overloaded|capacity|server_error|service unavailable|temporarily unavailable|internal.{0,8}error|bad gateway|loading model|engine.{0,12}dead/i,
    'overloaded',
  ],
  [
    /invalid_api_key|incorrect api key|invalid (x-)?api[ _-]?key|not authenticated|unauthorized|authentication|permission/i,
    'authentication',
  ],
  [
    /model_not_found|model.{0,80}(not found|does not exist)|no such model|unknown model/i,
    'not-found',
  ],
  [/timeout|timed out/i, 'timeout'],
  [/invalid_request|bad request|badrequest|unsupported/i, 'invalid-request'],
];

const KINDS_BY_STATUS: Readonly<Record<number, ModelErrorKind>> = {
  400: 'invalid-request',
  401: 'authentication',
  402: 'quota',
  403: 'authentication',
  404: 'not-found',
  408: 'timeout',
  413: 'context-overflow',
  422: 'invalid-request',
  429: 'rate-limit',
};

/** Statuses that say more than words do, except where words tell a finer kind. */
const STATUS_FIRST: ReadonlySet<number> = new Set([401, 402, 403, 404]);

/** Makes the named error of an answer with a status that is not 2xx. */
export function errorOfResponse(body: unknown, source: FailureSource): ModelError {
  const words = wordsOf(body) ?? {
    message: `HTTP ${source.status ?? 'error'} without a message`,
    code: '',
  };
  return errorOf(words, source);
}

/** Finds an error object inside something that claims to be an answer. */
export function errorInBody(body: PlainObject, source: FailureSource): ModelError | undefined {
  const { error, object, type } = body;
  if (error != null && error !== false) return errorOf(wordsOf(body)!, source);
  if (object === 'error' || type === 'error') return errorOf(wordsOf(body)!, source);
  if (body['choices'] === undefined && body['detail'] != null)
    return errorOf(wordsOf(body)!, source);
  const [choice] = Array.isArray(body['choices']) ? (body['choices'] as unknown[]) : [];
  if (isPlainObject(choice) && choice['error'] != null) return errorOf(wordsOf(choice)!, source);
  return undefined;
}

function errorOf({ message, code }: ProviderWords, source: FailureSource): ModelError {
  const { provider, headers, cause } = source;
  const status = source.status ?? statusIn(code);
  const kind = kindOf(`${code} ${message}`, status);
  return new ModelError({
    kind,
    provider,
    message,
    status,
    cause,
    requestId: headers?.get('x-request-id') ?? undefined,
    retryAfterMs: headers && retryAfterOf(headers, source.now ?? 0),
    retryable: status === 409 ? true : undefined,
  });
}

function kindOf(words: string, status: number | undefined): ModelErrorKind {
  const byWords = KINDS_BY_WORDS.find(([pattern]) => pattern.test(words))?.[1];
  const byStatus =
    status === undefined
      ? undefined
      : (KINDS_BY_STATUS[status] ?? (status >= 500 ? 'overloaded' : undefined));
  if (status !== undefined && STATUS_FIRST.has(status)) {
    return byWords === 'quota' || byWords === 'content-filter' ? byWords : byStatus!;
  }
  if (status === 429 && byWords !== 'quota') return 'rate-limit';
  return byWords ?? byStatus ?? 'unknown';
}

/** The endpoint's own words, wherever it puts them. */
function wordsOf(body: unknown): ProviderWords | undefined {
  if (typeof body === 'string' && body.trim() !== '') return { message: shortened(body), code: '' };
  if (Array.isArray(body)) return wordsOf(body[0]);
  if (!isPlainObject(body)) return undefined;
  const { error = body } = body;
  if (typeof error === 'string') return { message: shortened(error), code: codeText(body['code']) };
  const inner = isPlainObject(error) ? error : body;
  const metadata = isPlainObject(inner['metadata']) ? inner['metadata'] : {};
  const said = inner['message'] ?? inner['detail'] ?? inner['msg'] ?? inner;
  const raw = typeof metadata['raw'] === 'string' ? ` (${metadata['raw']})` : '';
  const codes = [inner['code'], inner['type'], inner['status']];
  return {
    message: shortened((typeof said === 'string' ? said : JSON.stringify(said)) + raw),
    code: codes.filter((code) => typeof code === 'string' || typeof code === 'number').join(' '),
  };
}

function codeText(code: unknown): string {
  return typeof code === 'string' || typeof code === 'number' ? String(code) : '';
}

/** Endpoints put the status of what failed behind them into the code. */
function statusIn(code: string): number | undefined {
  const found = /\b([45]\d\d)\b/.exec(code)?.[1];
  return found === undefined ? undefined : Number(found);
}

const MAX_MESSAGE = 500;

function shortened(text: string): string {
  const oneLine = text
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return oneLine.length <= MAX_MESSAGE ? oneLine : `${oneLine.slice(0, MAX_MESSAGE)}…`;
}
