import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installedVersion } from '../installed-version.ts';
import { median } from '../measure.ts';
import type { Fact, Row } from '../row.ts';

const execute = promisify(execFile);
const HERE = join(import.meta.dirname, '../..');
const ROUNDS = 15;
const OURS = '@llmgine/core';
const PACKAGES = [OURS, 'emittery', '@event-driven-io/emmett', 'moleculer', '@nestjs/cqrs'];

interface Imported {
  readonly tookMs: number;
  readonly bytes: number;
}

/** What importing a package costs over a process that imports nothing. */
export interface ImportCost {
  readonly packageName: string;
  readonly tookMs: number;
  readonly megabytes: number;
}

/** Starts processes in turns, and takes the medians. */
export async function importCosts(): Promise<ImportCost[]> {
  const bare: Imported[] = [];
  const imported = PACKAGES.map((): Imported[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await importInProcess());
    for (const [index, packageName] of PACKAGES.entries()) {
      imported[index]!.push(await importInProcess(packageName));
    }
  }
  const bareBytes = median(bare.map(({ bytes }) => bytes));
  return PACKAGES.map((packageName, index) => ({
    packageName,
    tookMs: median(imported[index]!.map(({ tookMs }) => tookMs)),
    megabytes: (median(imported[index]!.map(({ bytes }) => bytes)) - bareBytes) / 2 ** 20,
  }));
}

/** The program is JavaScript, since a process that strips types first has loaded much already. */
async function importInProcess(packageName?: string): Promise<Imported> {
  const program = `
    const startedAt = performance.now();
    ${packageName === undefined ? '' : `await import('${packageName}');`}
    const tookMs = performance.now() - startedAt;
    console.log(JSON.stringify({ tookMs, bytes: process.memoryUsage().rss }));
    process.exit();`;
  const given = ['--input-type=module', '--eval', program];
  const { stdout } = await execute(process.execPath, given, { cwd: HERE });
  return JSON.parse(stdout) as Imported;
}

/** The times as rows. */
export function importRows(costs: readonly ImportCost[]): Row[] {
  const ours = costs.find(({ packageName }) => packageName === OURS)!;
  return costs.map(({ packageName, tookMs }) => ({
    area: 'core',
    case: 'import',
    subject: packageName,
    version: installedVersion(packageName),
    nsPerOp: tookMs * 1e6,
    ratioToLimit: undefined,
    ratioToUs: tookMs / ours.tookMs,
  }));
}

/** The memory, and our own time beside what it should be. */
export function importFacts(costs: readonly ImportCost[]): Fact[] {
  return costs.flatMap(({ packageName, tookMs, megabytes }) => {
    const ours = packageName === OURS;
    const name = `import of ${packageName} over a bare process`;
    return [
      { area: 'core', name, value: tookMs, unit: 'ms', ...(ours && { target: 'at most 8 ms' }) },
      { area: 'core', name, value: megabytes, unit: 'MB', ...(ours && { target: 'at most 4 MB' }) },
    ];
  });
}
