import { AsyncLocalStorage } from 'node:async_hooks';
import { createOptionChecker, type OptionChecker, type OptionNames } from '@llmgine/core';
import { BulkheadFullError, CallAbortedError } from './errors.ts';

/** How many calls may run and wait, for each key. */
export interface BulkheadOptions {
  /** Calls that run at the same time. */
  readonly maxConcurrent: number;
  /**
   * Calls that wait for a slot; more are refused.
   * @default 0
   */
  readonly maxQueue?: number | undefined;
}

/** Which slots, and when to stop waiting for one. */
export interface BulkheadRunOptions {
  /**
   * Calls of one key share slots.
   * @default ''
   */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Keeps one kind of call from taking everything. */
export interface Bulkhead {
  /**
   * Runs `work` when there is a slot. A call inside a call of the same key takes no second one.
   * @throws BulkheadFullError, CallAbortedError
   */
  run<T>(work: () => T | Promise<T>, options?: BulkheadRunOptions): Promise<T>;
  /** Running and waiting calls, by key. Keys that are at rest are not listed. */
  counts(): Readonly<Record<string, { readonly running: number; readonly waiting: number }>>;
}

/** The slots of one key. */
interface Slots {
  running: number;
  /** First come first served. */
  readonly waiters: Set<() => void>;
}

/** A slot that a call, and what it calls, is in. */
interface Held {
  readonly key: string;
  readonly outer: Held | undefined;
  open: boolean;
}

export const bulkheadOptionNames: OptionNames<BulkheadOptions> = {
  maxConcurrent: true,
  maxQueue: true,
};

/**
 * Makes a bulkhead.
 * @throws InvalidOptionsError
 */
export function bulkhead(options: BulkheadOptions): Bulkhead {
  const check = createOptionChecker('create bulkhead');
  checkBulkheadOptions(check, check.options(options, bulkheadOptionNames));
  check.done();
  const { maxConcurrent, maxQueue = 0 } = options;
  const byKey = new Map<string, Slots>();
  const holding = new AsyncLocalStorage<Held>();

  return {
    async run(work, { key = '', signal } = {}) {
      const outer = holding.getStore();
      if (holds(outer, key)) return work();
      await takeSlot(key, signal);
      const held: Held = { key, outer, open: true };
      try {
        return await holding.run(held, work);
      } finally {
        held.open = false;
        giveSlot(key);
      }
    },
    counts: () =>
      Object.fromEntries(
        [...byKey].map(([key, { running, waiters }]) => [key, { running, waiting: waiters.size }]),
      ),
  };

  function takeSlot(key: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (signal?.aborted) throw new CallAbortedError(signal.reason);
    let slots = byKey.get(key);
    if (!slots) {
      slots = { running: 0, waiters: new Set() };
      byKey.set(key, slots);
    }
    if (slots.running < maxConcurrent) {
      slots.running++;
      return undefined;
    }
    if (slots.waiters.size >= maxQueue) throw new BulkheadFullError(key, maxConcurrent, maxQueue);
    return waitForSlot(slots, signal);
  }

  function giveSlot(key: string): void {
    const slots = byKey.get(key)!;
    for (const enter of slots.waiters) {
      enter(); // the slot changes hands and is never free in between
      return;
    }
    slots.running--;
    if (slots.running === 0) byKey.delete(key);
  }
}

function waitForSlot({ waiters }: Slots, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const enter = (): void => {
      waiters.delete(enter);
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      waiters.delete(enter);
      reject(new CallAbortedError(signal?.reason));
    };
    waiters.add(enter);
    signal?.addEventListener('abort', leave, { once: true });
  });
}

/** What a call has left behind when it ended holds nothing. */
function holds(held: Held | undefined, key: string): boolean {
  for (let each = held; each; each = each.outer) {
    if (each.open && each.key === key) return true;
  }
  return false;
}

/** Notes what is wrong with the options. */
export function checkBulkheadOptions(
  check: OptionChecker,
  options: Partial<BulkheadOptions>,
  prefix = '',
): void {
  check.require(options.maxConcurrent !== undefined, `${prefix}maxConcurrent must be given`);
  check.number(`${prefix}maxConcurrent`, options.maxConcurrent, { min: 1, integer: true });
  check.number(`${prefix}maxQueue`, options.maxQueue, { min: 0, infinite: true });
}
