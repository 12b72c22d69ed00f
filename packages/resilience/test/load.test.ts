import { defineEvent, sessionId, typeOnly, type PublishReceipt } from '@llmgine/core';
import { createResilientMessageBus, type BackpressureStrategy } from '@llmgine/resilience';
import { systemClock } from '@llmgine/core/timing';
import { describe, expect, it } from 'vitest';

const EVENTS = 1_000_000;
const PRODUCERS = 50;
const CAPACITY = 1_000;
/** Events that each turn of the event loop handles, and that producers publish meanwhile: ten times as many. */
const HANDLED_PER_TURN = 500;
const PUBLISHED_PER_TURN = 10 * HANDLED_PER_TURN;

const Fact = defineEvent('load.fact', { data: typeOnly<{ n: number }>() });
const Delta = defineEvent('load.delta', { data: typeOnly<{ n: number }>(), lossy: true });

/** Waits that many can share: handlers and producers go on in the next turn of the event loop. */
function createTurns(perTurn: number) {
  let left = perTurn;
  let next: Promise<void> | undefined;
  return async (): Promise<void> => {
    while (left === 0) {
      next ??= systemClock.yieldToIo().then(() => {
        left = perTurn;
        next = undefined;
      });
      await next;
    }
    left--;
  };
}

async function flood(strategy: BackpressureStrategy) {
  const bus = createResilientMessageBus({
    eventQueueSize: CAPACITY,
    backpressureStrategy: strategy,
  });
  const handlingTurn = createTurns(HANDLED_PER_TURN);
  const publishingTurn = createTurns(PUBLISHED_PER_TURN);
  const latest = new Map<string, number>();
  const count = { handled: 0, outOfOrder: 0, largestSize: 0 };
  const receipts: Record<string, number> = {};
  const handle = async (session: string, n: number): Promise<void> => {
    if (n <= (latest.get(session) ?? -1)) count.outOfOrder++;
    latest.set(session, n);
    count.handled++;
    await handlingTurn();
  };
  bus.registerEventHandler(Fact, ({ data, sessionId: session }) => handle(session, data.n));
  bus.registerEventHandler(Delta, ({ data, sessionId: session }) => handle(session, data.n));
  await bus.start();

  const tally = (receipt: PublishReceipt): void => {
    const key = receipt.status === 'dropped' ? receipt.reason : receipt.status;
    receipts[key] = (receipts[key] ?? 0) + 1;
    count.largestSize = Math.max(count.largestSize, bus.getQueueMetrics().currentSize);
  };
  const produce = async (producer: number): Promise<void> => {
    const session = sessionId(`session ${producer}`);
    for (let n = 0; n < EVENTS / PRODUCERS; n++) {
      await publishingTurn();
      const event = (n % 2 === 0 ? Delta : Fact)({ n }, { sessionId: session });
      tally(await bus.publish(event, { awaitProcessing: false }));
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
  await bus.waitForEvents();
  const metrics = bus.getQueueMetrics();
  await bus.stop();
  return { count, receipts, metrics };
}

describe('one million events from 50 producers, ten times as fast as they are handled (9.3)', () => {
  it(
    'evicts lossy events only, keeps the order, and accounts for every event: DROP_OLDEST',
    { timeout: 120_000 },
    async () => {
      const { count, receipts, metrics } = await flood('DROP_OLDEST');

      expect((receipts['queued'] ?? 0) + (receipts['queue-full'] ?? 0)).toBe(EVENTS);
      expect(count.handled).toBe(metrics.totalEnqueued - metrics.totalDropped);
      expect(metrics.totalRejected).toBe(receipts['queue-full'] ?? 0);
      expect(metrics.totalDropped).toBeGreaterThan(0);
      expect(count.outOfOrder).toBe(0);
      expect(metrics.maxSizeReached).toBeLessThanOrEqual(CAPACITY);
    },
  );

  it('refuses what there is no room for: REJECT_NEW', { timeout: 120_000 }, async () => {
    const { count, receipts, metrics } = await flood('REJECT_NEW');

    expect((receipts['queued'] ?? 0) + (receipts['queue-full'] ?? 0)).toBe(EVENTS);
    expect(count.handled).toBe(receipts['queued']);
    expect(metrics.totalRejected).toBe(receipts['queue-full']);
    expect(count.outOfOrder).toBe(0);
    expect(metrics.maxSizeReached).toBeLessThanOrEqual(CAPACITY);
  });

  it(
    'loses nothing and slows the producers: ADAPTIVE_RATE_LIMIT',
    { timeout: 120_000 },
    async () => {
      const { count, receipts, metrics } = await flood('ADAPTIVE_RATE_LIMIT');

      expect(receipts).toEqual({ queued: EVENTS });
      expect(count.handled).toBe(EVENTS);
      expect(metrics.totalDropped + metrics.totalRejected).toBe(0);
      expect(count.outOfOrder).toBe(0);
      expect(metrics.maxSizeReached).toBeLessThanOrEqual(CAPACITY);
    },
  );
});
