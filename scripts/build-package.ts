import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './lib/bundle.ts';
import { copyDeclarations } from './lib/declaration-files.ts';
import { entryNames } from './lib/entry-names.ts';
import { run } from './lib/run.ts';
import { readManifest } from './lib/workspace.ts';

// Builds the package in the working directory into `dist`: declarations by the compiler, by way of
// `build`, where the projects that refer to this one find all of them; JavaScript by the bundler.
// Arguments name packages that become part of it, for programs that must start quickly.
const dir = process.cwd();
const manifest = readManifest(dir);
const { code } = await run('tsc', ['-b', 'tsconfig.build.json'], { cwd: dir });
process.exitCode = code;
if (code === 0) await buildOutput();

async function buildOutput(): Promise<void> {
  const { exported, all } = entryNames(manifest);
  rmSync(join(dir, 'dist'), { recursive: true, force: true });
  await bundle(dir, all, process.argv.slice(2));
  copyDeclarations(dir, exported);
  for (const program of Object.values(manifest.bin ?? {})) chmodSync(join(dir, program), 0o755);
}
