// The long form of the crash suite: 2,000 kills on each database, or as many as the first argument says.
import { spawn } from 'node:child_process';

const kills = process.argv[2] ?? '2000';
const words = ['run', '--project', 'integration', 'packages/persistence/test/crash'];
const env = { ...process.env, LLMGINE_CRASH_KILLS: kills };
const suite = spawn('vitest', words, { stdio: 'inherit', env });
// Whoever interrupts this wants the suite to end, and with it the server it has started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => suite.kill(signal));
suite.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
