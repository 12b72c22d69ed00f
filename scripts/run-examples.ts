import { join } from 'node:path';
import { run, stopwatch } from './lib/run.ts';
import { findPackages } from './lib/workspace.ts';

const TIMEOUT_MS = 60_000;

/** Runs every example; each asserts what it shows, and ends with another code than 0 if not. */
async function runExamples(root: string): Promise<string[]> {
  const failed: string[] = [];
  const examples = findPackages(root).filter(({ path }) => path.startsWith('examples/'));
  for (const { path, manifest } of examples) {
    if (manifest.scripts?.['start'] === undefined) {
      failed.push(`${path} has no start script`);
      continue;
    }
    const elapsed = stopwatch();
    const options = { cwd: join(root, path), quiet: true, timeoutMs: TIMEOUT_MS };
    const { code, output } = await run('pnpm', ['start'], options);
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${path} (${elapsed()})`);
    if (code === 0) continue;
    console.error(output);
    failed.push(`${path} ended with ${code}`);
  }
  console.log(`${examples.length - failed.length} of ${examples.length} examples passed`);
  return failed;
}

const failed = await runExamples(process.cwd());
for (const problem of failed) console.error(problem);
if (failed.length > 0) process.exitCode = 1;
