import { run } from './lib/run.ts';
import { removeStaleOutput } from './lib/stale-output.ts';

// turbo keeps what is in dist, so what no longer belongs there has to go first.
removeStaleOutput(process.cwd());
const { code } = await run('turbo', ['run', 'build', ...process.argv.slice(2)]);
process.exitCode = code;
