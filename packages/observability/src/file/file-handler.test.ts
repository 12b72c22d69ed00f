import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidOptionsError, sessionId, type BusSignal } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { createObservabilityManager } from '../manager/observability-manager.ts';
import { createFileHandler } from './file-handler.ts';

const aDirectory = (): string => mkdtempSync(join(tmpdir(), 'llmgine-log-'));
const signal = (id: string): BusSignal => ({
  type: 'session.started',
  at: 0,
  sessionId: sessionId(id),
});
const sessionsIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { session: string }).session);

describe('createFileHandler', () => {
  it('12.2: writes JSON lines, in order, and makes the directory', async () => {
    const logDirectory = join(aDirectory(), 'deep', 'down');
    const handler = createFileHandler({ logDirectory });

    for (let count = 0; count < 100; count++) handler.observe(signal(`s${count}`));
    await handler.flush();

    expect(sessionsIn(handler.path)).toEqual(
      Array.from({ length: 100 }, (_, count) => `s${count}`),
    );
  });

  it('12.2: rotates by size, loses nothing that is kept, and keeps so many files', async () => {
    const logDirectory = aDirectory();
    const handler = createFileHandler({ logDirectory, maxBytes: 1_000, maxFiles: 3 });

    for (let count = 0; count < 200; count++) {
      handler.observe(signal(`s${count}`));
      if (count % 7 === 0) await handler.flush();
    }
    await handler.flush();

    const files = ['llmgine.jsonl.2', 'llmgine.jsonl.1', 'llmgine.jsonl'];
    expect(readdirSync(logDirectory).toSorted()).toEqual(files.toSorted());
    for (const file of files)
      expect(statSync(join(logDirectory, file)).size).toBeLessThanOrEqual(1_000);
    const kept = files.flatMap((file) => sessionsIn(join(logDirectory, file)));
    expect(kept).toEqual(
      Array.from({ length: kept.length }, (_, count) => `s${200 - kept.length + count}`),
    );
  });

  it('12.2: gives a line larger than a file one to itself', async () => {
    const logDirectory = aDirectory();
    const handler = createFileHandler({ logDirectory, maxBytes: 100 });

    for (const id of ['a', 'b'.repeat(500), 'c']) handler.observe(signal(id));
    await handler.flush();

    expect(sessionsIn(join(logDirectory, 'llmgine.jsonl.1'))).toEqual(['b'.repeat(500)]);
    expect(sessionsIn(handler.path)).toEqual(['c']);
  });

  it('12.2: with one file only, begins it anew', async () => {
    const handler = createFileHandler({ logDirectory: aDirectory(), maxBytes: 120, maxFiles: 1 });

    for (const id of ['a', 'b', 'c']) handler.observe(signal(id));
    await handler.flush();

    expect(sessionsIn(handler.path)).toEqual(['c']);
  });

  it('12.2: writes by itself, without a flush', async () => {
    const handler = createFileHandler({ logDirectory: aDirectory() });

    handler.observe(signal('a'));

    await expect.poll(() => existsSync(handler.path)).toBe(true);
    await handler.flush();
  });

  it.skipIf(!existsSync('/dev/full'))(
    '12.2: a full disk is told of once, loses a bounded number, and stops nobody',
    async () => {
      const failures: Error[] = [];
      const handler = createFileHandler({
        logDirectory: '/dev',
        fileName: 'full',
        maxBufferedBytes: 500,
        onFailure: (error) => failures.push(error),
        clock: createFakeClock(),
      });

      for (let count = 0; count < 100; count++) handler.observe(signal(`s${count}`));
      await expect(handler.flush()).rejects.toThrow(/ENOSPC/);
      await expect(handler.flush()).rejects.toThrow(/ENOSPC/);

      expect(failures).toHaveLength(1);
      expect(handler.lost).toBeGreaterThan(80);
    },
  );

  it('12.2: goes on when the disk can take it again, and tells how many were lost', async () => {
    const logDirectory = aDirectory();
    const clock = createFakeClock();
    const inTheWay = join(logDirectory, 'llmgine.jsonl');
    mkdirSync(inTheWay);
    const handler = createFileHandler({
      logDirectory,
      maxBufferedBytes: 200,
      clock,
      onFailure: () => {},
    });
    for (const id of ['a', 'b', 'c', 'd']) handler.observe(signal(id));
    await expect(handler.flush()).rejects.toThrow(/EISDIR|ENOTEMPTY|directory/i);

    rmdirSync(inTheWay);
    clock.advance(1_000);
    handler.observe(signal('e'));
    await handler.flush();

    const lines = readFileSync(handler.path, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ signal: 'log.lost', lost: handler.lost });
    expect(handler.lost).toBeGreaterThan(0);
  });

  it('names all wrong options at once', () => {
    const make = () => createFileHandler({ fileName: 'a/b', maxBytes: 0, maxFiles: 1.5 });

    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(/fileName .*; maxBytes .*; maxFiles /);
  });

  it('refuses a level that would write nothing', () => {
    expect(() => createFileHandler({ level: 'warning' as 'warn' })).toThrow(/level .*'warning'/);
  });

  it('may be given a name, so that one manager has two', () => {
    const logDirectory = aDirectory();
    const errors = { name: 'errors', fileName: 'errors.jsonl', level: 'error' } as const;

    const manager = createObservabilityManager({
      handlers: [
        createFileHandler({ logDirectory }),
        createFileHandler({ logDirectory, ...errors }),
      ],
    });

    expect(manager.handlers.map(({ name }) => name)).toEqual(['file', 'errors']);
  });
});
