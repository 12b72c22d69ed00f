import { createFakeClock, createRecordedSignals } from '@llmgine/testing';
import type { FakeClock, RecordedSignals } from '@llmgine/testing';
import { onTestFinished } from 'vitest';
import {
  createMessageBus,
  defineCommand,
  defineEvent,
  typeOnly,
  type MessageBus,
  type MessageBusOptions,
} from '../src/index.ts';

export const Said = defineEvent('said', { data: typeOnly<{ readonly text: string }>() });
export const Heard = defineEvent('heard', { data: typeOnly<{ readonly text: string }>() });
export const Ask = defineCommand('ask', {
  data: typeOnly<{ readonly text: string }>(),
  result: typeOnly<string>(),
});
export const Tell = defineCommand('tell', {
  data: typeOnly<{ readonly text: string }>(),
  result: typeOnly<unknown>(),
});

/** A bus, its clock and what it reported. */
export interface BusUnderTest {
  readonly bus: MessageBus;
  readonly clock: FakeClock;
  readonly signals: RecordedSignals;
}

/** A bus that does not run yet. */
export function makeBus(options: MessageBusOptions = {}, clock = createFakeClock()): BusUnderTest {
  const signals = createRecordedSignals();
  const bus = createMessageBus({ clock, ...options });
  bus.addObserver(signals);
  onTestFinished(async () => {
    const stopped = bus.stop({ deadlineMs: 0 });
    await clock.advanceAsync(1);
    await stopped;
  });
  return { bus, clock, signals };
}

/** A bus that runs. */
export async function startBus(
  options: MessageBusOptions = {},
  clock = createFakeClock(),
): Promise<BusUnderTest> {
  const made = makeBus(options, clock);
  await made.bus.start();
  return made;
}

/** Lets everything settle that needs no time to pass. */
export async function settle({ clock }: { readonly clock: FakeClock }): Promise<void> {
  await clock.advanceAsync(0);
}

/** What a promise has come to by now, without waiting for it. */
export async function now<T>(promise: Promise<T>, clock: FakeClock): Promise<T | 'pending'> {
  await clock.advanceAsync(0);
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}

/** Never settles. */
export function forever(): Promise<never> {
  return new Promise(() => {});
}

/** A gate that handlers wait at. */
export function gate<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}
