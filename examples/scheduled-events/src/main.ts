import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'llmgine-scheduled-events-'));
const environment = { ...process.env, LLMGINE_DB_URL: `sqlite:///${join(folder, 'bus.db')}` };

async function runProcess(
  name: string,
): Promise<{ readonly lines: string[]; readonly signal: NodeJS.Signals | null }> {
  const here = fileURLToPath(import.meta.url);
  const file = join(dirname(here), name + extname(here)); // .ts, or .js once compiled
  const child = spawn(process.execPath, [...process.execArgv, file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
    process.stdout.write(chunk as Buffer);
  });
  await once(child, 'close');
  return { lines: output.trim().split(/\n\s*/), signal: child.signalCode };
}

console.log('A process schedules three events and is killed:');
const killed = await runProcess('schedule-and-die');
equal(killed.signal, 'SIGKILL');

console.log('Another one finds them:');
const { lines } = await runProcess('handle');
deepEqual(lines, ['reminded: stretch', 'reminded: drink water', 'reminded: call home']);

rmSync(folder, { recursive: true });
console.log('Nothing was lost.');
