import { join } from 'node:path';
import { createMessageBus, defineEvent, typeOnly } from '@llmgine/core';
import { openPersistence } from '@llmgine/persistence';
import type { Fact } from '../row.ts';
import { anEvent, temporaryFolder } from './subjects/message.ts';

const area = 'persistence';
const Said = defineEvent('bench.said', { data: typeOnly<{ readonly text: string }>() });

/** Shorter turns did nothing: while the disk syncs the loop goes round idle. */
const IDLE_MS = 0.1;

/** What is no time per operation of a whole case. */
export async function measureFacts(): Promise<Fact[]> {
  const stall = await measureStall();
  const wait = (await measurePublish(true)) - (await measurePublish(false));
  const flatness = (await measureClaim(1_000_000)) / (await measureClaim(1_000));
  return [
    {
      area,
      name: 'event loop kept by the log, 99th percentile of turns in which it works',
      value: round(stall.p99),
      unit: 'ms',
      target: 'at most 2',
    },
    {
      area,
      name: 'the same, the longest turn by processor time, which other load does not lengthen',
      value: round(stall.longestCpu),
      unit: 'ms',
    },
    {
      area,
      name: 'longer wait of a publish with the log',
      value: round(wait),
      unit: 'µs',
      target: 'at most 2',
    },
    {
      area,
      name: 'claiming beside 1,000,000 waiting events, as often as beside 1,000',
      value: round(flatness),
      unit: '×',
      target: 'flat',
    },
  ];
}

/** How long turns of the event loop last while 100,000 events are logged. */
async function measureStall(): Promise<{ p99: number; longestCpu: number }> {
  await using persistence = await openSqlite();
  const { eventLog } = persistence;
  const event = anEvent();
  const turns: number[] = [];
  let isWriting = true;
  let last = performance.now();
  let lastCpu = threadCpuMs();
  let longestCpu = 0;
  const look = (): void => {
    const now = performance.now();
    turns.push(now - last);
    last = now;
    const nowCpu = threadCpuMs();
    longestCpu = Math.max(longestCpu, nowCpu - lastCpu);
    lastCpu = nowCpu;
    if (isWriting) setImmediate(look);
  };
  setImmediate(look);
  for (let burst = 0; burst < 50; burst++) {
    for (let count = 0; count < 2_000; count++) void eventLog.append(event);
    await eventLog.flush();
  }
  isWriting = false;
  const working = turns.filter((durationMs) => durationMs > IDLE_MS);
  working.sort((one, other) => one - other);
  return { p99: working[Math.floor(working.length * 0.99)]!, longestCpu };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Microseconds of an awaited publish, the writing itself left out. */
async function measurePublish(persistEvents: boolean): Promise<number> {
  await using persistence = await openSqlite(persistEvents);
  await using bus = createMessageBus(persistence.busOptions());
  bus.registerEventHandler(Said, () => {});
  await bus.start();
  const samples: number[] = [];
  for (let sample = 0; sample < 60; sample++) {
    const startedAt = performance.now();
    // As many as are not written yet when the last one is published.
    for (let count = 0; count < 100; count++) await bus.publish(Said({ text: 'a' }));
    samples.push(((performance.now() - startedAt) * 1_000) / 100);
    await persistence.eventLog.flush();
  }
  return median(samples);
}

/** Milliseconds of claiming one of a few that are due while so many wait. */
async function measureClaim(waiting: number): Promise<number> {
  await using persistence = await openSqlite();
  const { scheduledEvents } = persistence;
  const step = 50_000;
  for (let saved = 0; saved < waiting; saved += step) {
    const count = Math.min(step, waiting - saved);
    await scheduledEvents.save(
      Array.from({ length: count }, (_, index) => anEvent(4e12 + saved + index)),
    );
  }
  const samples: number[] = [];
  for (let sample = 0; sample < 200; sample++) {
    await scheduledEvents.save([anEvent(1)]);
    const startedAt = performance.now();
    const [claim] = await scheduledEvents.claimDue({ count: 256, leaseMs: 1_000 });
    samples.push(performance.now() - startedAt);
    await scheduledEvents.settle(claim!);
  }
  return median(samples);
}

function openSqlite(persistEvents = false) {
  const url = `sqlite:///${join(temporaryFolder(), 'bus.db')}`;
  return openPersistence({ url, persistEvents });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
