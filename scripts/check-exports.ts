import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ExportSpecifier } from 'oxc-parser';
import { exportedNames, isDocumented } from './lib/declarations.ts';
import { report } from './lib/report.ts';
import { readModule, type SourceModule } from './lib/source-module.ts';
import { compare, findPublished, shown, type EntryPoint } from './lib/workspace.ts';

/** Checks that every public name has a doc comment and that entry points are sorted. */
export function checkExports(root: string): string[] {
  return findPublished(root).flatMap(({ path, entryPoints, manifest }) => [
    ...entryPoints.flatMap((entry) => entryPointProblems(root, entry)),
    ...manifestProblems(path, manifest.exports, entryPoints),
  ]);
}

function entryPointProblems(root: string, { file, specifier }: EntryPoint): string[] {
  if (!existsSync(file)) return [`${specifier}: ${shown(root, file)} does not exist`];
  const module = readModule(file);
  const problems = exportedNames(module)
    .filter(({ name }) => !documented(module, name))
    .map(({ name }) => `${specifier}: '${name}' has no doc comment`);
  return [...problems, ...orderProblems(root, module)];
}

/** Follows `name` through re-exports to its declaration. */
function documented(module: SourceModule, name: string): boolean {
  const exported = exportedNames(module).find((each) => each.name === name);
  if (!exported) return false;
  return exported.from === undefined
    ? isDocumented(module, exported.localName)
    : documentedIn(module, exported.from, exported.localName);
}

/** What comes from another package is documented there. */
function documentedIn(importer: SourceModule, specifier: string, name: string): boolean {
  if (!specifier.startsWith('.')) return true;
  const file = resolve(dirname(importer.file), specifier);
  return existsSync(file) && documented(readModule(file), name);
}

/** Statements go by the file they name; names in one statement by the alphabet, types last. */
function orderProblems(root: string, module: SourceModule): string[] {
  const statements = module.parsed.program.body.flatMap((statement) =>
    statement.type === 'ExportNamedDeclaration' && statement.source ? [statement] : [],
  );
  const lists = [
    statements.map(({ source }) => ({ shown: source?.value ?? '', type: false })),
    ...statements.map(({ specifiers }) => specifiers.map(listed)),
  ];
  return lists.flatMap((list) => {
    const wrong = firstOutOfOrder(list);
    return wrong === undefined
      ? []
      : [`${shown(root, module.file)}: '${wrong}' is out of order; sort the exports`];
  });
}

interface Listed {
  readonly shown: string;
  readonly type: boolean;
}

function listed({ exported, exportKind }: ExportSpecifier): Listed {
  const name = exported.type === 'Literal' ? exported.value : exported.name;
  return { shown: name, type: exportKind === 'type' };
}

function firstOutOfOrder(list: readonly Listed[]): string | undefined {
  return list.find((item, index) => index > 0 && compareListed(list[index - 1]!, item) > 0)?.shown;
}

function compareListed(a: Listed, b: Listed): number {
  return Number(a.type) - Number(b.type) || compare(a.shown.toLowerCase(), b.shown.toLowerCase());
}

/** What is published has no source condition, so every export must say where its build is. */
function manifestProblems(
  path: string,
  exports: Readonly<Record<string, unknown>> = {},
  entryPoints: readonly EntryPoint[],
): string[] {
  const known = new Set(entryPoints.map(({ subpath }) => subpath));
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json' && !known.has(subpath))
    .map((subpath) => `${path}/package.json: '${subpath}' lacks the @llmgine/source condition`);
}

if (import.meta.main) report('exports', checkExports(process.cwd()));
