import { createFakeClock } from '@llmgine/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageBus } from '../bus/create-message-bus.ts';
import { defineEvent } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';
import type { BusReadings } from '../signals/bus-signal.ts';
import { createLaneQueue } from '../queue/lane-queue.ts';
import type { Clock } from '../timing/clock.ts';
import { WaitingTime, type Waiting } from './waiting-time.ts';

const Happened = defineEvent('happened', { data: typeOnly<{ n: number }>() });

function readingsOf(bus: ReturnType<typeof createMessageBus>): BusReadings {
  let readings: BusReadings | undefined;
  bus.addObserver({ signals: [], observe: () => {}, attach: (given) => void (readings = given) });
  return readings!; // given at once
}

async function blockedBus(clock: Clock) {
  const bus = createMessageBus({ clock });
  const handled = Promise.withResolvers<void>();
  bus.registerEventHandler(Happened, () => handled.promise);
  await bus.start();
  await bus.publish(Happened({ n: 0 }), { awaitProcessing: false });
  return { bus, handled };
}

describe('WaitingTime', () => {
  it('is the age of the oldest event whose dispatch has not begun', async () => {
    const clock = createFakeClock();
    const { bus, handled } = await blockedBus(clock);
    const readings = readingsOf(bus);
    readings.oldestQueuedMs();

    await clock.advanceAsync(1_000);
    const onlyRunning = readings.oldestQueuedMs();
    await bus.publish(Happened({ n: 1 }), { awaitProcessing: false });
    await clock.advanceAsync(200);
    await bus.publish(Happened({ n: 2 }), { awaitProcessing: false });
    await clock.advanceAsync(30);
    const twoWait = readings.oldestQueuedMs();
    handled.resolve();
    await bus.waitForEvents();

    expect([onlyRunning, twoWait, readings.oldestQueuedMs()]).toEqual([0, 230, 0]);
    await bus.stop();
  });

  it('counts what was waiting before anybody asked from the first question on', async () => {
    const clock = createFakeClock();
    const { bus, handled } = await blockedBus(clock);
    await bus.publish(Happened({ n: 1 }), { awaitProcessing: false });
    await clock.advanceAsync(5_000);
    const readings = readingsOf(bus);

    const first = readings.oldestQueuedMs();
    await clock.advanceAsync(70);

    expect([first, readings.oldestQueuedMs()]).toEqual([0, 70]);
    handled.resolve();
    await bus.stop();
  });

  it('leaves out an event that is being handled', async () => {
    const clock = createFakeClock();
    const bus = createMessageBus({ clock });
    const readings = readingsOf(bus);
    const handled = Promise.withResolvers<void>();
    bus.registerEventHandler(Happened, () => handled.promise);
    await bus.start();
    readings.oldestQueuedMs();

    await bus.publish(Happened({ n: 0 }), { awaitProcessing: false });
    await clock.advanceAsync(1_000);

    expect(readings.oldestQueuedMs()).toBe(0);
    handled.resolve();
    await bus.stop();
  });

  it('remembers what was waiting before anybody asked while later ones come and go', () => {
    let now = 0;
    const clock: Clock = { ...createFakeClock(), monotonic: () => now };
    const waiting = new WaitingTime({ ...createLaneQueue(), size: 1 }, clock);
    const later: Waiting = { group: undefined };
    waiting.oldestMs();

    waiting.enter(later);
    waiting.leave(later);
    now = 40;

    expect(waiting.oldestMs()).toBe(40);
  });

  it('is never negative, should somebody put back the clock', () => {
    let now = 1_000;
    const clock: Clock = { ...createFakeClock(), monotonic: () => now };
    const waiting = new WaitingTime(createLaneQueue(), clock);
    waiting.oldestMs();
    waiting.enter({ group: undefined });

    now = 0;

    expect(waiting.oldestMs()).toBe(0);
  });

  it('leaves the order of what waits as it was', async () => {
    const clock = createFakeClock();
    const bus = createMessageBus({ clock });
    const seen: number[] = [];
    bus.registerEventHandler(Happened, ({ data }) => void seen.push(data.n));
    const readings = readingsOf(bus);

    for (let n = 0; n < 20; n++) {
      await bus.publish(Happened({ n }), { awaitProcessing: false });
      if (n % 3 === 0) readings.oldestQueuedMs();
    }
    await bus.start();
    await bus.waitForEvents();

    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await bus.stop();
  });

  it('reads the clock once for events that are published in one go, and never if nobody asks', async () => {
    const fake = createFakeClock();
    let reads = 0;
    const clock: Clock = {
      ...fake,
      now: () => fake.now(),
      monotonic: () => {
        reads++;
        return fake.monotonic();
      },
    };
    const bus = createMessageBus({ clock });
    const readsOf = (publishes: number): number => {
      const before = reads;
      for (let n = 0; n < publishes; n++) {
        void bus.publish(Happened({ n }), { awaitProcessing: false });
      }
      return reads - before;
    };

    const unasked = readsOf(100);
    readingsOf(bus).oldestQueuedMs();

    expect([unasked, readsOf(100)]).toEqual([0, 1]);
  });

  it('knows the oldest in whatever order they leave, and when they leave twice', async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('enter', 'leave', 'wait'), fc.nat(9)), {
      minLength: 30,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        let now = 0;
        const clock: Clock = { ...createFakeClock(), monotonic: () => now };
        const waiting = new WaitingTime(createLaneQueue(), clock);
        waiting.oldestMs();
        const inside: { readonly entry: Waiting; readonly since: number }[] = [];

        for (const [step, which] of history) {
          if (step === 'wait') {
            now += which;
            await Promise.resolve(); // a reading of the clock is shared until then
          } else if (step === 'leave') {
            const [left] = inside.splice(which % (inside.length || 1), 1);
            if (left) for (let time = 0; time < 2; time++) waiting.leave(left.entry);
          } else {
            const entry: Waiting = { group: undefined };
            waiting.enter(entry);
            inside.push({ entry, since: now });
          }
          const oldest = Math.min(now, ...inside.map(({ since }) => since));
          expect(waiting.oldestMs()).toBe(now - oldest);
        }
      }),
    );
  });
});
