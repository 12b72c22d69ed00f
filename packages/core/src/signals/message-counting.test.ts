import { describe, expect, it } from 'vitest';
import { createMessageBus } from '../bus/create-message-bus.ts';
import { ok } from '../message/command-result.ts';
import { defineCommand, defineEvent } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';
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

const signals: readonly BusSignalType[] = [
  'event.published',
  'event.processed',
  'command.started',
  'command.completed',
];

describe('MessageCounting', () => {
  it('counts published events and started commands in place of their signals', async () => {
    expect(await workWith({ signals })).toEqual([
      'counted work',
      'command.completed',
      'counted happened',
      'event.processed',
    ]);
  });

  it('leaves a source that names no signals with all of them', async () => {
    const seen = await workWith({});

    expect(seen).toEqual(expect.arrayContaining(['command.started', 'event.published']));
    expect(seen.filter((name) => name.startsWith('counted'))).toEqual([]);
  });

  it('11: a source that cannot count is told by signals', async () => {
    const unable = { eventPublished: undefined, commandStarted: undefined };

    expect(await workWith({ signals, ...unable } as unknown as MetricsSource)).toEqual([
      'command.started',
      'command.completed',
      'event.published',
      'event.processed',
    ]);
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
      commandStarted: fail,
    });

    expect(seen).toEqual([]);
    expect(reported.map(({ type }) => type)).toEqual([
      'observer.failed',
      'command.completed',
      'observer.failed',
      'event.processed',
    ]);
  });
});
