import type { EventMessage } from '@llmgine/core';
import type { ClaimedEvent, ScheduledEventStore } from '@llmgine/core/stores';
import { openForTest, Reminder, type UnderTest } from './under-test.ts';

/** An empty store whose clock the test moves. */
export interface ScheduledEventStoreUnderTest extends UnderTest {
  readonly store: ScheduledEventStore;
  /** Moves the store's clock on. */
  readonly advance: (durationMs: number) => void | Promise<void>;
}

/** How long the claims of the contract hold. */
export const LEASE_MS = 10_000;

/** How the contract opens a store. */
export type OpenScheduledEventStore = () =>
  | ScheduledEventStoreUnderTest
  | Promise<ScheduledEventStoreUnderTest>;

/** Opens a store for one test, with what most tests do with it. */
export async function opened(open: OpenScheduledEventStore) {
  const { store, advance } = await openForTest(open);
  const start = await store.now();
  return {
    store,
    advance,
    start,
    reminder: (text: string, inMs: number, id?: string): EventMessage =>
      Reminder({ text }, { scheduledAt: start + inMs, ...(id !== undefined && { id }) }),
    claim: (count = 10, types?: readonly string[]): Promise<readonly ClaimedEvent[]> =>
      store.claimDue({ count, leaseMs: LEASE_MS, types }),
  };
}
