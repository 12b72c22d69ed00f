import { toJsonText } from '@llmgine/core/stores';
import type { DialectName, Executor } from './database/driver.ts';
import type { QueryBuilder } from './database/query-builder.ts';
import { MessageTooLargeError } from './errors.ts';

/** What every store is made with. */
export interface StoreContext {
  readonly executor: Executor;
  readonly builder: QueryBuilder;
  readonly dialect: DialectName;
  readonly schema: string;
  readonly maxMessageBytes: number;
}

/**
 * Serialises what is to be stored.
 * @throws NotJsonSafeError, MessageTooLargeError
 */
export function storedText(what: string, value: unknown, maxBytes: number): string {
  const text = toJsonText(what, value);
  // A character takes at most three bytes, so most texts need no counting.
  if (text.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) throw new MessageTooLargeError(what, bytes, maxBytes);
  }
  return text;
}
