import { basename } from 'node:path';
import type { Node } from 'oxc-parser';
import { report } from './lib/report.ts';
import { lineAt, readModule, walk, type SourceModule } from './lib/source-module.ts';
import { findPackages, findSources, isTestFile, shown } from './lib/workspace.ts';

/** Files whose job is to read the time. */
const CLOCKS = ['packages/core/src/timing/clock.ts', 'packages/core/src/timing/system-clock.ts'];

/** Names that say nothing about what is in a file. */
const EMPTY_NAMES = /(^|[-.])(base|common|helpers?|impl|misc|types|utils?)\.ts$/;

/** Checks the rules of docs/style.md that the linter has no rule for. */
export function checkHouseRules(root: string): string[] {
  return findPackages(root)
    .filter(({ path }) => path !== 'benchmarks')
    .flatMap(({ dir }) => findSources(dir))
    .flatMap((file) => problemsIn(readModule(file), shown(root, file)));
}

function problemsIn(module: SourceModule, place: string): string[] {
  const problems: string[] = [];
  if (EMPTY_NAMES.test(basename(place))) {
    problems.push(`${place}: name the file after what it holds`);
  }
  const timeless = !isTestFile(module.file) && !CLOCKS.includes(place);
  walk(module.parsed.program, (node) => {
    const problem = enumProblem(node) ?? (timeless ? timeProblem(node) : undefined);
    if (problem !== undefined) {
      problems.push(`${place}:${lineAt(module.text, node.start)} ${problem}`);
    }
  });
  return problems;
}

function enumProblem(node: Node): string | undefined {
  return node.type === 'TSEnumDeclaration'
    ? 'declares an enum; use a const object or a union of strings'
    : undefined;
}

/** The linter sees `Date.now()`; these read the same clock. */
function timeProblem(node: Node): string | undefined {
  const reads =
    (node.type === 'NewExpression' && node.arguments.length === 0) ||
    node.type === 'CallExpression';
  if (!reads) return undefined;
  const { callee } = node;
  if (callee.type === 'Identifier' && callee.name === 'Date') {
    return 'reads the time with Date(); take a Clock';
  }
  return callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'process' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'hrtime'
    ? 'reads the time with process.hrtime(); take a Clock'
    : undefined;
}

if (import.meta.main) report('house rules', checkHouseRules(process.cwd()));
