import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './lib/run.ts';
import { countTests, type TestReport } from './lib/test-counts.ts';
import { readIfPresent } from './lib/workspace.ts';

const reportFile = join(process.cwd(), 'node_modules/.cache/llmgine/tests.json');

console.log(`Running the tests with Node.js ${process.versions.node}.`);
rmSync(reportFile, { force: true });
mkdirSync(dirname(reportFile), { recursive: true });

const { code } = await run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...process.argv.slice(2),
]);
const text = readIfPresent(reportFile);
const report = text === undefined ? undefined : (JSON.parse(text) as TestReport);
const { passed, failed } = countTests(report, code);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? code : 1;
