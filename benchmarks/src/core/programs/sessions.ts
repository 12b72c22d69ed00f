import { createMessageBus, ok } from '@llmgine/core';
import { MeasuredCommand, MeasuredEvent } from '../subjects/messages.ts';

// Run with --expose-gc. Prints the time of a session, and how far the heap is from where it was before.

const WARM_UP = 10_000;
const SESSIONS = 100_000;

declare const gc: () => void;

const bus = createMessageBus();
await bus.start();
await useSessions(WARM_UP);
const before = await settledHeap();

const startedAt = performance.now();
await useSessions(SESSIONS);
const nsPerSession = ((performance.now() - startedAt) * 1e6) / SESSIONS;

const after = await settledHeap();
const { sessions, registeredHandlers, queueSize } = bus.getStats();
console.log(
  JSON.stringify({
    nsPerSession,
    heapGrowthPercent: (100 * (after - before)) / before,
    left: sessions + registeredHandlers + queueSize,
  }),
);
await bus.stop();

/** Opens each, registers two handlers, publishes to one, executes the other, and leaves. */
async function useSessions(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await using session = await bus.session();
    session.registerEventHandler(MeasuredEvent, () => {});
    session.registerCommandHandler(MeasuredCommand, ({ data }) => ok(data.index));
    await session.publish(MeasuredEvent({ index }));
    await session.execute(MeasuredCommand({ index }));
  }
}

async function settledHeap(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}
