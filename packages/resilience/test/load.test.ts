import { describe, expect, it } from 'vitest';
import { CAPACITY, EVENTS, flood } from './flood.ts';

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
