import { clearOutput } from './lib/clear-output.ts';
import { run } from './lib/run.ts';

clearOutput(process.cwd());
const { code } = await run('turbo', ['run', 'build', ...process.argv.slice(2)]);
process.exitCode = code;
