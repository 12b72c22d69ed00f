import { createMessageBus, defineEvent, typeOnly, type BusReadings } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { createBoundedEventQueue, type BackpressureStrategy } from '../src/index.ts';

const Said = defineEvent('said', { data: typeOnly<{ n: number }>(), lossy: true });
const HOUR_MS = 3_600_000;

/** A bus that has run for an hour and whose first event is being handled, with two more behind it. */
async function fullBus(strategy: BackpressureStrategy) {
  const clock = createFakeClock();
  const bus = createMessageBus({
    clock,
    queue: createBoundedEventQueue({ capacity: 2, strategy, clock }),
  });
  let readings: BusReadings | undefined;
  bus.addObserver({ signals: [], observe: () => {}, attach: (given) => void (readings = given) });
  const handled = Promise.withResolvers<void>();
  bus.registerEventHandler(Said, () => handled.promise);
  await bus.start();
  const oldestQueuedMs = readings!.oldestQueuedMs; // given at once
  oldestQueuedMs();
  await clock.advanceAsync(HOUR_MS);

  for (let n = 0; n < 3; n++) {
    void bus.publish(Said({ n }), { awaitProcessing: false });
    await clock.advanceAsync(100);
  }
  return { bus, clock, oldestQueuedMs, handled };
}

describe('BusReadings.oldestQueuedMs with a bounded queue', () => {
  it('leaves out publishers that wait for room', async () => {
    const { bus, clock, oldestQueuedMs, handled } = await fullBus('ADAPTIVE_RATE_LIMIT');

    const publishing = bus.publish(Said({ n: 3 }), { awaitProcessing: false });
    await clock.advanceAsync(300);

    expect(oldestQueuedMs()).toBe(500);
    handled.resolve();
    await publishing;
    await bus.waitForEvents();
    expect(oldestQueuedMs()).toBe(0);
    await bus.stop();
  });

  it('leaves out what was evicted', async () => {
    const { bus, oldestQueuedMs, handled } = await fullBus('DROP_OLDEST');

    const before = oldestQueuedMs();
    void bus.publish(Said({ n: 3 }), { awaitProcessing: false });

    expect([before, oldestQueuedMs()]).toEqual([200, 100]);
    handled.resolve();
    await bus.stop();
  });
});
