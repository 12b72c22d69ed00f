import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEvent, typeOnly } from '@llmgine/core';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { openPersistence } from '../../src/index.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { Findings } from './findings.ts';
import type { Report } from './journal.ts';
import { WorkerProcess, type WorkerOptions } from './worker-process.ts';

const Job = defineEvent('crash.job', { data: typeOnly<object>() });
const folder = mkdtempSync(join(tmpdir(), 'llmgine-several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const places = [
  { name: 'SQLite', url: () => `sqlite:///${folder}/${Math.trunc(performance.now() * 1e3)}.db` },
  { name: 'PostgreSQL', url: () => inject('postgresUrl') },
];
let schemas = 0;

function newSchema(): string {
  return `several_${process.pid}_${schemas++}`;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await fact())) await pause(10);
}

/** Who handled what when, to find what was handled by two at once. */
class Overlaps {
  readonly #running = new Map<string, string>();
  readonly found: string[] = [];

  hear(worker: string, report: Report): void {
    if (report.what === 'handling') {
      if (this.#running.has(report.id)) this.found.push(report.id);
      this.#running.set(report.id, worker);
    }
    if (report.what === 'handled') this.#running.delete(report.id);
  }

  /** What a killed worker was handling it handles no more. */
  died(worker: string): void {
    for (const [id, by] of this.#running) if (by === worker) this.#running.delete(id);
  }
}

describe.concurrent.each(places)('five processes on one $name database', ({ url }) => {
  it(
    'handle each occurrence, none twice at the same time, with clocks a minute apart and random kills (5.4)',
    { timeout: 120_000 },
    async () => {
      const where = { url: url(), schema: newSchema() };
      const findings = new Findings();
      const overlaps = new Overlaps();
      const start = (run: string, skewMs: number): WorkerProcess => {
        const options: WorkerOptions = {
          ...where,
          run,
          mode: 'schedule',
          skewMs,
          leaseMs: 1_500,
          handleMs: 5,
          events: 60,
        };
        return new WorkerProcess(options, (report) => {
          findings.hear(report);
          overlaps.hear(run, report);
        });
      };

      const skews = [-60_000, -30_000, 0, 30_000, 60_000];
      let workers = skews.map((skewMs, index) => ({
        run: `a${index}`,
        skewMs,
        process: start(`a${index}`, skewMs),
      }));
      await Promise.all(workers.map(({ process }) => process.ready()));
      for (let kill = 0; kill < 4; kill++) {
        await pause(60 + 40 * kill);
        const victim = workers[kill % workers.length]!;
        await victim.process.kill();
        overlaps.died(victim.run);
        const heir = { ...victim, run: `b${kill}`, process: start(`b${kill}`, victim.skewMs) };
        workers = workers.map((worker) => (worker === victim ? heir : worker));
        await heir.process.ready();
      }
      await Promise.all(workers.map(({ process }) => process.ended));

      expect(findings.failures).toEqual([]);
      expect(findings.lost).toEqual([]);
      expect(findings.settledTwice).toEqual([]);
      expect(findings.claimedAfterSettling).toEqual([]);
      expect(overlaps.found).toEqual([]);
      expect(findings.saved.size).toBeGreaterThanOrEqual(5 * 60);
    },
  );
});

describe.concurrent.each(places)('a process that sleeps past its lease on $name', ({ url }) => {
  it('cannot settle what another has taken over (5.4)', { timeout: 60_000 }, async () => {
    const where = { url: url(), schema: newSchema() };
    const persistence = await openPersistence(where);
    const now = await persistence.scheduledEvents.now();
    await persistence.scheduledEvents.save([Job({}, { id: 'job', scheduledAt: now })]);
    const heard: { worker: string; report: Report }[] = [];
    const start = (worker: string, handleMs: number): WorkerProcess =>
      new WorkerProcess(
        { ...where, run: worker, mode: 'handle', leaseMs: 400, handleMs },
        (report) => heard.push({ worker, report }),
      );
    const saw = (worker: string, what: Report['what']): boolean =>
      heard.some((each) => each.worker === worker && each.report.what === what);

    const sleeper = start('sleeper', 3_000);
    await until(() => saw('sleeper', 'handling'));
    sleeper.child.kill('SIGSTOP');
    await pause(450);
    const heir = start('heir', 1);
    await until(() => saw('heir', 'settled'));
    sleeper.child.kill('SIGCONT');
    await until(() => saw('sleeper', 'refused') || saw('sleeper', 'settled'));
    await Promise.all([sleeper.kill(), heir.kill(), persistence.close()]);

    expect(saw('sleeper', 'settled')).toBe(false);
    expect(
      heard.filter(({ report }) => report.what === 'settled').map(({ worker }) => worker),
    ).toEqual(['heir']);
  });
});

describe('PostgreSQL that is stopped and started under load', () => {
  it('gives no wrong result, and is reconnected to (10.6)', { timeout: 120_000 }, async () => {
    const server = await PostgresServer.create();
    const findings = new Findings();
    const where = { url: server.url, schema: 'message_bus' };
    const worker = new WorkerProcess(
      { ...where, run: 'w', mode: 'work', leaseMs: 1_000 },
      (report) => findings.hear(report),
    );
    await worker.ready();

    for (const mode of ['fast', 'immediate', 'fast', 'immediate'] as const) {
      const before = findings.saved.size;
      await until(() => findings.saved.size > before + 50 || findings.failures.length > 0);
      await server.stop(mode);
      await pause(100);
      await server.start();
    }
    const before = findings.saved.size;
    await until(() => findings.saved.size > before + 50 || findings.failures.length > 0);
    await worker.kill();
    const last = new WorkerProcess({ ...where, run: 'last', mode: 'drain' }, (report) =>
      findings.hear(report),
    );
    await last.ended;

    const persistence = await openPersistence(where);
    const journal: unknown[] = [];
    for await (const record of persistence.streams.read('journal')) journal.push(record);
    const counts: number[] = [];
    for await (const { event } of persistence.eventLog.read())
      counts.push((event.data as { count: number }).count);
    await persistence.close();
    await server.remove();

    expect(findings.failures).toEqual([]);
    expect(findings.drained).toBe(1);
    expect(findings.lost).toEqual([]);
    expect(findings.settledTwice).toEqual([]);
    expect(findings.claimedAfterSettling).toEqual([]);
    expect(journal).toEqual(journal.map((_, position) => ({ position })));
    expect(journal.length).toBeGreaterThanOrEqual(findings.appendedVersion);
    expect(counts).toEqual(counts.map((_, index) => index));
    expect(counts.length).toBeGreaterThan(findings.logged.get('w') ?? -1);
  });
});
