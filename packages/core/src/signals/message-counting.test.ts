import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { createMessageBus } from '../bus/create-message-bus.ts';
import { ok } from '../message/command-result.ts';
import { defineCommand, defineEvent } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';
import { sleep } from '../timing/sleep.ts';
import type { BusSignal, BusSignalType } from './bus-signal.ts';
import type { MetricsSource } from './metrics-source.ts';

const Happened = defineEvent('happened', { data: typeOnly<{ n: number }>() });
const Work = defineCommand('work', { data: typeOnly<{ n: number }>(), result: typeOnly<number>() });

async function workWith(given: Partial<MetricsSource>): Promise<string[]> {
  const seen: string[] = [];
  const metrics: MetricsSource = {
    observe: ({ type }) => void seen.push(type),
    eventPublished: ({ type }) => void seen.push(`counted ${type}`),
    commandStarted: ({ type }) => void seen.push(`counted ${type}`),
    eventProcessed: ({ type }, durationMs) => void seen.push(`timed ${type} ${durationMs >= 0}`),
    commandCompleted: ({ type }, durationMs, { success }) =>
      void seen.push(`timed ${type} ${durationMs >= 0} ${success}`),
    snapshot: () => ({ counters: {}, gauges: {}, histograms: {} }),
    ...given,
  };
  await using bus = createMessageBus({ metrics });
  bus.registerCommandHandler(Work, ({ data }) => ok(data.n));
  await bus.start();
  await bus.execute(Work({ n: 1 }));
  await bus.publish(Happened({ n: 1 }));
  return seen;
}

const counting: MetricsSource = {
  signals: [],
  observe: () => {},
  eventPublished: () => {},
  eventProcessed: () => {},
  commandStarted: () => {},
  commandCompleted: () => {},
  snapshot: () => ({ counters: {}, gauges: {}, histograms: {} }),
};

const signals: readonly BusSignalType[] = [
  'event.published',
  'event.processed',
  'command.started',
  'command.completed',
];

describe('MessageCounting', () => {
  it('11: counts and times messages by plain calls in place of signals', async () => {
    expect(await workWith({ signals })).toEqual([
      'counted work',
      'timed work true true',
      'counted happened',
      'timed happened true',
    ]);
  });

  it('11: gives the milliseconds that a message took, to metrics and observers alike', async () => {
    const clock = createFakeClock();
    const told: unknown[] = [];
    const metrics: MetricsSource = {
      ...counting,
      eventProcessed: ({ type }, durationMs) => void told.push([type, durationMs]),
      commandCompleted: ({ type }, durationMs) => void told.push([type, durationMs]),
    };
    await using bus = createMessageBus({ clock, metrics });
    bus.addObserver({
      signals: ['command.completed', 'event.processed'],
      observe: (signal) => void told.push((signal as { durationMs?: number }).durationMs),
    });
    bus.registerCommandHandler(Work, () => sleep(250, { clock }).then(() => ok(1)));
    bus.registerEventHandler(Happened, () => sleep(70, { clock }).then(() => {}));
    await bus.start();

    const executed = bus.execute(Work({ n: 1 }));
    await clock.advanceAsync(250);
    await executed;
    const published = bus.publish(Happened({ n: 1 }));
    await clock.advanceAsync(70);
    await published;

    expect(told).toEqual([['work', 250], 250, ['happened', 70], 70]);
  });

  it('leaves a source that names no signals with all of them', async () => {
    const seen = await workWith({});

    expect(seen).toEqual(expect.arrayContaining(['command.started', 'event.published']));
    expect(seen.filter((name) => /^(counted|timed)/.test(name))).toEqual([]);
  });

  it('11: a source that cannot count is told by signals', async () => {
    const unable = {
      eventPublished: undefined,
      eventProcessed: undefined,
      commandStarted: undefined,
      commandCompleted: undefined,
    };

    expect(await workWith({ signals, ...unable } as unknown as MetricsSource)).toEqual([
      'command.started',
      'command.completed',
      'event.published',
      'event.processed',
    ]);
  });

  it('asks a source that counts to flush at the end, and follows the signals that it names', async () => {
    const seen: string[] = [];
    let changed = (): void => {};
    let wanted: readonly BusSignalType[] = signals;
    const metrics: MetricsSource = {
      ...counting,
      get signals() {
        return wanted;
      },
      observe: ({ type }) => void seen.push(type),
      onChange: (listener) => {
        changed = listener;
        return { [Symbol.dispose]: () => {} };
      },
      flush: async () => void seen.push('flushed'),
    };
    const bus = createMessageBus({ metrics });
    await bus.start();

    bus.registerCommandHandler(Work, ({ data }) => ok(data.n));
    wanted = [...signals, 'handlers.changed'];
    changed();
    bus.registerEventHandler(Happened, () => {});
    await bus.stop();

    expect(seen).toEqual(['handlers.changed', 'flushed']);
  });

  it('12.1: contains a source that throws while it counts, and reports it', async () => {
    const reported: BusSignal[] = [];
    const fail = (): void => {
      throw new Error('miscounted');
    };

    const seen = await workWith({
      signals: [...signals, 'observer.failed'],
      observe: (signal) => void reported.push(signal),
      eventPublished: fail,
      eventProcessed: fail,
      commandStarted: fail,
      commandCompleted: fail,
    });

    expect(seen).toEqual([]);
    expect(reported.map(({ type }) => type)).toEqual([
      'observer.failed',
      'observer.failed',
      'observer.failed',
      'observer.failed',
    ]);
  });

  it('11: an observer beside the metrics hears the signals all the same', async () => {
    const seen: string[] = [];
    await using bus = createMessageBus({ metrics: counting });
    bus.addObserver({ signals, observe: ({ type }) => void seen.push(type) });
    bus.registerCommandHandler(Work, ({ data }) => ok(data.n));
    await bus.start();

    await bus.execute(Work({ n: 1 }));
    await bus.publish(Happened({ n: 1 }));

    expect(seen).toEqual([
      'command.started',
      'command.completed',
      'event.published',
      'event.processed',
    ]);
  });

  it('12.1: gives no made-up duration to an observer that comes while a message is being handled', async () => {
    const clock = createFakeClock();
    const seen: BusSignal[] = [];
    const handled = Promise.withResolvers<void>();
    await using bus = createMessageBus({ clock });
    bus.registerEventHandler(Happened, () => handled.promise);
    await bus.start();

    const published = bus.publish(Happened({ n: 1 }));
    await clock.advanceAsync(1_000);
    bus.addObserver({ observe: (signal) => void seen.push(signal), signals: ['event.processed'] });
    handled.resolve();
    await published;

    expect(seen).toMatchObject([{ durationMs: 0 }]);
  });
});
