import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import type { DeadLetterEntry, DeadLetterFilter, DeadLetterStore } from './dead-letter-store.ts';

/** An entry, and how long somebody has it. */
interface Kept {
  readonly entry: DeadLetterEntry;
  /** Monotonic. */
  readonly claimedUntil: number | undefined;
}

/** Where the store takes its time from. */
export interface MemoryDeadLetterStoreOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** Makes a store whose dead letters last as long as the process. */
export function createMemoryDeadLetterStore({
  clock = systemClock,
}: MemoryDeadLetterStoreOptions = {}): DeadLetterStore {
  const entries = new Map<string, Kept>(); // in the order they came: setting a key again keeps its place

  return {
    async add(entry) {
      keep(entry);
    },
    async claim(id, leaseMs) {
      const entry = read(id);
      if (entry?.status !== 'waiting') return undefined;
      keep(entry, clock.monotonic() + leaseMs);
      return { ...entry, status: 'claimed' };
    },
    async settle(id, outcome) {
      const entry = read(id);
      if (!entry) return;
      if (outcome === 'removed') entries.delete(id);
      else keep(outcome === 'resolved' ? { ...entry, status: 'resolved' } : outcome);
    },
    async list({ limit = Number.POSITIVE_INFINITY, offset = 0, ...filter } = {}) {
      return matching(filter).slice(offset, offset + limit);
    },
    async discard(id) {
      return entries.delete(id);
    },
    async purge(filter) {
      const purged = filter ? matching(filter).map(({ id }) => id) : [...entries.keys()];
      for (const id of purged) entries.delete(id);
      return purged.length;
    },
    async count(filter = {}) {
      return matching(filter).length;
    },
  };

  function keep(entry: DeadLetterEntry, claimedUntil?: number): void {
    entries.set(entry.id, { entry, claimedUntil });
  }

  function read(id: string): DeadLetterEntry | undefined {
    const kept = entries.get(id);
    return kept && shown(kept);
  }

  /** The entry as it is now: claims lapse. */
  function shown({ entry, claimedUntil }: Kept): DeadLetterEntry {
    if (entry.status === 'resolved') return entry;
    const claimed = claimedUntil !== undefined && clock.monotonic() < claimedUntil;
    return { ...entry, status: claimed ? 'claimed' : 'waiting' };
  }

  function matching(filter: DeadLetterFilter): DeadLetterEntry[] {
    return [...entries.values()].map(shown).filter((entry) => matches(entry, filter));
  }
}

function matches(
  { message, lastAttemptAt, status }: DeadLetterEntry,
  filter: DeadLetterFilter,
): boolean {
  return (
    (filter.status === undefined ? status !== 'resolved' : status === filter.status) &&
    (filter.type === undefined || message.type === filter.type) &&
    (filter.sessionId === undefined || message.sessionId === filter.sessionId) &&
    (filter.since === undefined || lastAttemptAt >= filter.since)
  );
}
