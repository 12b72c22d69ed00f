import { createMessageBus, defineEvent, typeOnly, type BusSignal } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { createObservabilityManager, type ObservabilityHandler } from '../src/index.ts';

const Said = defineEvent('said', { data: typeOnly<{ n: number }>() });

async function publishedTo(handler: ObservabilityHandler, events = 20): Promise<readonly number[]> {
  const bus = createMessageBus();
  const handled: number[] = [];
  bus.registerEventHandler(Said, ({ data }) => void handled.push(data.n));
  bus.setObservabilityManager(createObservabilityManager({ handlers: [handler] }));
  await bus.start();
  for (let n = 0; n < events; n++) await bus.publish(Said({ n }));
  await bus.stop();
  return handled;
}

const inOrder = Array.from({ length: 20 }, (_, n) => n);

describe('a bus with an observability manager', () => {
  it('12.1: is not disturbed by a handler that throws at every signal and cannot be flushed', async () => {
    const broken: ObservabilityHandler = {
      name: 'broken',
      observe: () => {
        throw new Error('broken');
      },
      flush: () => Promise.reject(new Error('broken')),
    };

    expect(await publishedTo(broken)).toEqual(inOrder);
  });

  it('12.1: is not disturbed by a handler that takes a second, asynchronously, for every signal', async () => {
    const clock = createFakeClock();
    const slow = {
      name: 'slow',
      signals: ['event.processed'] as const,
      observe: (_signal: BusSignal) =>
        new Promise<void>((resolve) => void clock.setTimer(resolve, 1_000)),
    };
    const published = publishedTo(slow);

    // Everything is handled before the first second has passed; only the flush of the stop waits for it.
    await expect.poll(() => clock.pendingTimers).toBe(20);
    await clock.advanceAsync(1_000);

    expect(await published).toEqual(inOrder);
  });
});
