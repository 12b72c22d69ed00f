import { existsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { admits, type NodeProgram } from './other-node.ts';
import { outputOf, run } from './run.ts';
import type { WorkspacePackage } from './workspace.ts';

const TIMEOUT_MS = 60_000;

/** What an example's tsconfig.json says is for checking; here it is compiled. */
const COMPILER_OPTIONS =
  '--noEmit false --composite false --incremental false --tsBuildInfoFile null ' +
  '--declaration false --emitDeclarationOnly false --rewriteRelativeImportExtensions true';

export interface ExampleRun {
  /** Every package of the workspace, to look up engines. */
  readonly packages: readonly WorkspacePackage[];
  /** Where the packed packages are installed. */
  readonly consumer: string;
  readonly node: NodeProgram;
}

/** Compiles the examples, runs them on the installed packages, and says which ones failed. */
export async function packedExampleProblems(options: ExampleRun): Promise<string[]> {
  const problems: string[] = [];
  for (const example of options.packages.filter((each) => canRun(each, options))) {
    const file = await compileExample(example, options.consumer);
    const { code, output } = await run(options.node.command, [file], {
      quiet: true,
      timeoutMs: TIMEOUT_MS,
    });
    const done = `${example.path} on the packed packages, Node.js ${options.node.version}`;
    if (code === 0) console.log(done);
    else problems.push(`${done} ended with ${code}:\n${output}`);
  }
  return problems;
}

/** An example runs where all that it depends on is installed and admits this Node.js. */
function canRun(
  { path, manifest }: WorkspacePackage,
  { packages, consumer, node }: ExampleRun,
): boolean {
  return (
    path.startsWith('examples/') &&
    Object.keys(manifest.dependencies ?? {}).every((name) => {
      const range = packages.find((each) => each.name === name)?.manifest.engines?.['node'];
      return (
        existsSync(join(consumer, 'node_modules', name)) && admits(range ?? '>=0', node.version)
      );
    })
  );
}

async function compileExample({ dir }: WorkspacePackage, consumer: string): Promise<string> {
  const target = join(consumer, 'examples', basename(dir));
  const places = ['-p', dir, '--rootDir', join(dir, 'src'), '--outDir', target];
  await outputOf('tsc', [...places, ...COMPILER_OPTIONS.split(' ')]);
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');
  return join(target, 'main.js');
}
