import { BackpressureStrategy } from '@llmgine/resilience';
import { EVENTS, flood } from './flood.ts';

const MEGABYTE = 2 ** 20;

/** What is still held after the garbage has been collected; needs `--expose-gc`. */
function heldMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MEGABYTE;
}

/** One row of the table: one million events from 50 producers at ten times the speed of the handlers. */
async function measure(strategy: BackpressureStrategy) {
  const before = heldMegabytes();
  let most = before;
  const startedAt = performance.now();
  const { count, receipts, metrics } = await flood(strategy, () => {
    most = Math.max(most, heldMegabytes());
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const receipted = Object.values(receipts).reduce((sum, each) => sum + each, 0);
  if (receipted !== EVENTS || count.outOfOrder > 0)
    throw new Error('Events were lost or mixed up.');
  return {
    strategy,
    receipts: receipted,
    handled: count.handled,
    evicted: metrics.totalDropped,
    refused: metrics.totalRejected,
    'out of order': count.outOfOrder,
    'largest queue': metrics.maxSizeReached,
    'held at most, MB more': Number((most - before).toFixed(1)),
    seconds: Number(seconds.toFixed(1)),
  };
}

const rows = [];
for (const strategy of Object.values(BackpressureStrategy)) rows.push(await measure(strategy));
console.table(rows);
