import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEvent, typeOnly, type EventMessage } from '@llmgine/core';

const Said = defineEvent('bench.said', {
  data: typeOnly<{ readonly text: string; readonly count: number }>(),
});

/** An event of about 300 bytes, with an id of its own. */
export function anEvent(scheduledAt?: number): EventMessage {
  return Said(
    { text: 'The quick brown fox jumps over the lazy dog.', count: 7 },
    scheduledAt === undefined ? {} : { scheduledAt },
  );
}

/** A folder that goes when the process does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmgine-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
