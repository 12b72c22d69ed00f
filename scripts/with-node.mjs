// Runs a script of this folder: node scripts/with-node.mjs ok --without-tests
//
// The scripts are TypeScript, which Node.js runs by itself from 22.18 on. On Linux the workspace
// brings its own; elsewhere an older one fetches what it lacks. This file runs on any of them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PINNED = 'node@24.21.0';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [name = '', ...args] = process.argv.slice(2);
const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);

const [command, ...before] = runsTypeScript
  ? [process.execPath]
  : ['npx', '--yes', '--package', PINNED, '--', 'node'];
if (!runsTypeScript) console.log(`Node.js ${process.versions.node} is too old; using ${PINNED}.`);

const { status } = spawnSync(command, [...before, script, ...args], {
  stdio: 'inherit',
  shell: process.platform === 'win32' && !runsTypeScript,
});
process.exitCode = status ?? 1;
