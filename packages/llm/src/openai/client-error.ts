import { ModelError } from '../errors.ts';
import { errorOfResponse } from './provider-error.ts';
import { isPlainObject } from './plain-object.ts';

/** Where a client's error came from. */
export interface ClientErrorSource {
  readonly provider: string;
  readonly baseUrl: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The fields that the SDK's errors have, whichever copy of it made them. */
interface ClientError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly error?: unknown;
  readonly cause?: unknown;
}

/** Turns what the SDK throws into a `ModelError`. */
export function toModelError(
  thrown: unknown,
  { provider, baseUrl, now }: ClientErrorSource,
): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as ClientError;
  const message = typeof error.message === 'string' ? error.message : String(thrown);

  if (typeof error.status === 'number' || hasBody(error.error)) {
    const status = typeof error.status === 'number' ? error.status : undefined;
    const headers = error.headers instanceof Headers ? error.headers : undefined;
    const source = { provider, status, headers, now, cause: thrown };
    return errorOfResponse(error.error ?? withoutStatus(message), source);
  }
  if (thrown instanceof SyntaxError) {
    return new ModelError({ kind: 'malformed', provider, message, cause: thrown });
  }
  const isTimeout = /timed? ?out/i.test(message);
  const found = causeOf(thrown);
  return new ModelError({
    kind: isTimeout ? 'timeout' : 'connection',
    provider,
    message: isTimeout
      ? `No answer from ${baseUrl} in time.`
      : `Cannot talk to ${baseUrl}: ${found}.`,
    // What the network says of names and certificates does not change by asking again.
    retryable: !/ENOTFOUND|CERT|SSL|TLS|EPROTO|self.signed/i.test(found),
    cause: thrown,
  });
}

/** An error that came inside the answer has no status, but words. */
function hasBody(body: unknown): boolean {
  return isPlainObject(body) || (typeof body === 'string' && body !== '');
}

function withoutStatus(message: string): string {
  return message.replace(/^\d{3} /, '');
}

/** OpenSSL tells a reason among places of its own: `…:SSL routines:validate:wrong version number:../openssl/…`. */
function reasonOf(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}

/** The innermost cause says what really happened; the SDK says "Connection error." */
function causeOf(thrown: unknown): string {
  let innermost = thrown;
  for (let depth = 0; depth < 8 && innermost instanceof Error && innermost.cause; depth++) {
    innermost = innermost.cause;
  }
  if (!(innermost instanceof Error)) return String(innermost);
  const { code } = innermost as { code?: unknown };
  const message = reasonOf(innermost.message);
  return typeof code === 'string' && !message.includes(code)
    ? `${code} ${message}`.trim()
    : message;
}
