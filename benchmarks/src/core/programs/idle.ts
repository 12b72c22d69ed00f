import { createMessageBus, type MessageBus } from '@llmgine/core';
import { median } from '../../measure.ts';
import { MeasuredEvent } from '../subjects/messages.ts';

// Prints how long an event takes from an idle bus to its handler, and what a bus costs while nothing happens.

const WAKES = 101;
const IDLE_MS = 20;
const WATCHED_MS = 2_000;
const HOUR_MS = 3_600_000;

const bus = createMessageBus();
await bus.start();
const wokenAfterMs = await timeToFirstHandler(bus);
const idleCpuMs = await cpuWhileIdle();
for (let count = 0; count < 1_000; count++) {
  await bus.publish(MeasuredEvent({ index: count }, { scheduledAt: Date.now() + HOUR_MS + count }));
}
const idleCpuWithFutureEventsMs = await cpuWhileIdle();
console.log(JSON.stringify({ wokenAfterMs, idleCpuMs, idleCpuWithFutureEventsMs }));
await bus.stop();

async function timeToFirstHandler(idle: MessageBus): Promise<number> {
  let handledAt = 0;
  using _registration = idle.registerEventHandler(MeasuredEvent, () => {
    handledAt = performance.now();
  });
  const samples: number[] = [];
  for (let count = 0; count < WAKES; count++) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const publishedAt = performance.now();
    await idle.publish(MeasuredEvent({ index: count }));
    samples.push(handledAt - publishedAt);
  }
  return median(samples);
}

/** Less what a process without a bus would use: none, while it waits for one timer. */
async function cpuWhileIdle(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
