// The long form of the crash suite: 2,000 kills on each database, or as many as the first argument says.
import { spawnSync } from 'node:child_process';

const kills = process.argv[2] ?? '2000';
const words = ['run', '--project', 'integration', 'packages/persistence/test/crash'];
const env = { ...process.env, LLMGINE_CRASH_KILLS: kills };
const { status } = spawnSync('vitest', words, { stdio: 'inherit', env });
process.exitCode = status ?? 1;
