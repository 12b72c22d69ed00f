import { createHash } from 'node:crypto';

/** What model APIs take. */
const MAX_NAME_CHARS = 64;

/** Digits of a hash that keep two names apart when what differs between them had to go. */
const HASH_CHARS = 8;

/**
 * Names a server's tool for models. A name that model APIs would refuse is mended and gets a hash of what it was, so
 * that no two tools meet in one name and the same tool has the same name every time.
 */
export function toModelName(prefix: string, toolName: string): string {
  const full = prefix + toolName;
  const mended = full.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (mended === full && full.length <= MAX_NAME_CHARS && full !== '') return full;
  const hash = createHash('sha256').update(full).digest('hex').slice(0, HASH_CHARS);
  return `${mended.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${hash}`;
}
