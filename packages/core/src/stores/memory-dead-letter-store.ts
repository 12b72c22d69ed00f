import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import { checkStoreNumbers } from './check-store-numbers.ts';
import type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterQuery,
  DeadLetterStore,
} from './dead-letter-store.ts';

/** Where the store takes its time from. */
export interface MemoryDeadLetterStoreOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** Makes a store whose dead letters last as long as the process. */
export function createMemoryDeadLetterStore({
  clock = systemClock,
}: MemoryDeadLetterStoreOptions = {}): DeadLetterStore {
  const store = new MemoryDeadLetters(clock);
  return {
    add: async (entry) => store.keep(entry),
    claim: async (id, leaseMs) => store.claim(id, leaseMs),
    settle: async (id, outcome) => store.settle(id, outcome),
    list: async (query) => store.list(query),
    discard: async (id) => store.discard(id),
    purge: async (filter) => store.purge(filter),
    count: async (filter) => store.list(filter).length,
  };
}

/** An entry, and how long somebody has it. */
interface Kept {
  readonly entry: DeadLetterEntry;
  /** Monotonic. */
  readonly claimedUntil: number | undefined;
}

class MemoryDeadLetters {
  /** In the order they came: setting a key again keeps its place. */
  readonly #entries = new Map<string, Kept>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(entry: DeadLetterEntry, claimedUntil?: number): void {
    this.#entries.set(entry.id, { entry, claimedUntil });
  }

  claim(id: string, leaseMs: number): DeadLetterEntry | undefined {
    checkStoreNumbers('claim a dead letter', { leaseMs });
    const kept = this.#entries.get(id);
    const entry = kept && this.#shown(kept);
    if (entry?.status !== 'waiting') return undefined;
    this.keep(entry, this.#clock.monotonic() + leaseMs);
    return { ...entry, status: 'claimed' };
  }

  settle(id: string, outcome: 'removed' | 'resolved' | DeadLetterEntry): void {
    const kept = this.#entries.get(id);
    if (!kept) return;
    if (outcome === 'removed') this.#entries.delete(id);
    else this.keep(outcome === 'resolved' ? { ...kept.entry, status: 'resolved' } : outcome);
  }

  list({
    limit = Number.POSITIVE_INFINITY,
    offset = 0,
    ...filter
  }: DeadLetterQuery = {}): DeadLetterEntry[] {
    checkStoreNumbers('list dead letters', { limit, offset, since: filter.since });
    return [...this.#entries.values()]
      .map((kept) => this.#shown(kept))
      .filter((entry) => matches(entry, filter))
      .slice(offset, offset + limit);
  }

  discard(id: string): boolean {
    return this.#entries.delete(id);
  }

  purge(filter: DeadLetterFilter | undefined): number {
    const purged = filter ? this.list(filter).map(({ id }) => id) : [...this.#entries.keys()];
    for (const id of purged) this.#entries.delete(id);
    return purged.length;
  }

  /** The entry as it is now: claims lapse. */
  #shown({ entry, claimedUntil }: Kept): DeadLetterEntry {
    if (entry.status === 'resolved') return entry;
    const isClaimed = claimedUntil !== undefined && this.#clock.monotonic() < claimedUntil;
    return { ...entry, status: isClaimed ? 'claimed' : 'waiting' };
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
