import { StreamConflictError } from '../errors.ts';
import { checkStoreNumbers } from './check-store-numbers.ts';
import { toJsonText } from './json-text.ts';
import type { StreamStore } from './stream-store.ts';

/** Makes streams that last as long as the process. Records are copied, as a database would. */
export function createMemoryStreamStore(): StreamStore {
  // Appending moves a stream to the end, so the order of the map is that of the last append.
  const streams = new Map<string, string[]>();

  return {
    async append(stream, expectedVersion, records) {
      const kept = streams.get(stream) ?? [];
      if (expectedVersion !== undefined && kept.length !== expectedVersion) {
        throw new StreamConflictError(stream, expectedVersion, kept.length);
      }
      const texts = records.map((record) => toJsonText(`A record of stream '${stream}'`, record));
      if (texts.length === 0) return kept.length;
      kept.push(...texts);
      streams.delete(stream);
      streams.set(stream, kept);
      return kept.length;
    },
    async *read(stream, { from = 0 } = {}) {
      checkStoreNumbers('read a stream', { from });
      const kept = streams.get(stream) ?? [];
      for (let version = from; version < kept.length; version++) {
        yield JSON.parse(kept[version]!) as unknown;
      }
    },
    async *list(prefix = '') {
      for (const stream of [...streams.keys()].toReversed()) {
        if (stream.startsWith(prefix)) yield stream;
      }
    },
    async delete(stream) {
      streams.delete(stream);
    },
  };
}
