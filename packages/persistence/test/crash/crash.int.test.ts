import { afterAll, describe, expect, inject, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killManyTimes } from './kill-many-times.ts';

/** 200 in CI; `pnpm test:crash` asks for 2,000. */
const kills = Number(process.env['LLMGINE_CRASH_KILLS'] ?? 200);
const folder = mkdtempSync(join(tmpdir(), 'llmgine-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const places = [
  { name: 'SQLite', where: () => ({ url: `sqlite:///${folder}/bus.db`, schema: 'message_bus' }) },
  {
    name: 'PostgreSQL',
    where: () => ({ url: inject('postgresUrl'), schema: `crash_${process.pid}` }),
  },
];

describe.concurrent.each(places)(`${kills} kills on $name`, ({ name, where }) => {
  it(
    'lose nothing that was acknowledged, and settle nothing twice (5.3, 10.6)',
    { timeout: kills * 3_000 },
    async () => {
      const result = await killManyTimes({ ...where(), kills, random: seeded(20_261_122) });

      const { findings, loggedRuns, journal, deadLetters } = result;
      process.stdout.write(
        `${name}: ${kills} kills; scheduled ${findings.saved.size}, handled ${findings.handled}, ` +
          `lost ${findings.lost.length}, settled twice ${findings.settledTwice.length}, ` +
          `handled again (killed between handling and settling) ${findings.duplicates}; ` +
          `journal ${journal.length}, logged ${[...loggedRuns.values()].flat().length}, dead letters ${findings.dead.size}\n`,
      );
      expect(findings.failures).toEqual([]);
      expect(findings.drained).toBe(1);

      expect(findings.saved.size).toBeGreaterThan(kills);
      expect(findings.lost).toEqual([]);
      expect(findings.settledTwice).toEqual([]);
      expect(findings.claimedAfterSettling).toEqual([]);

      expect(journal).toEqual(journal.map((_, position) => ({ position })));
      expect(journal.length).toBeGreaterThanOrEqual(findings.appendedVersion);

      for (const [run, count] of findings.logged) {
        expect(loggedRuns.get(run)?.length ?? 0).toBeGreaterThan(count);
      }
      for (const counts of loggedRuns.values())
        expect(counts).toEqual(counts.map((_, index) => index));

      const kept = new Set(deadLetters);
      expect(kept.size).toBe(deadLetters.length);
      const lostLetters = [...findings.dead].filter((id) => !kept.has(id) && isEven(id));
      expect(lostLetters).toEqual([]);
      expect([...findings.removed].filter((id) => kept.has(id))).toEqual([]);
    },
  );
});

/** Workers redrive letters of odd numbers only; one of those may be gone without a word, if it was removed. */
function isEven(id: string): boolean {
  return Number(id.split('-')[1]) % 2 === 0;
}

/** Mulberry32: the same lives for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
