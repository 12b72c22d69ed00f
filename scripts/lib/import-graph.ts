import { dirname, resolve } from 'node:path';
import type { SourceModule } from './source-module.ts';
import type { EntryPoint } from './workspace.ts';

/** Which file imports which, by absolute path; imports of other packages are left out. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Builds the graph of the given modules, type imports included. */
export function importGraph(
  modules: readonly SourceModule[],
  entryPoints: readonly EntryPoint[],
): ImportGraph {
  const entries = new Map(entryPoints.map(({ specifier, file }) => [specifier, file]));
  const known = new Set(modules.map(({ file }) => file));

  return new Map(
    modules.map(({ file, imports }) => [
      file,
      imports
        .map(({ specifier }) => targetOf(specifier, file, entries))
        .filter((target) => target !== undefined && known.has(target)) as string[],
    ]),
  );
}

/** Finds one shortest cycle through each knot of the graph, as a path that ends where it began. */
export function findCycles(graph: ImportGraph): string[][] {
  const cycles: string[][] = [];
  const seen = new Set<string>();
  for (const file of graph.keys()) {
    if (seen.has(file)) continue;
    const cycle = shortestCycle(graph, file);
    if (!cycle) continue;
    for (const member of cycle) seen.add(member);
    cycles.push(cycle);
  }
  return cycles;
}

function targetOf(
  specifier: string,
  importer: string,
  entries: ReadonlyMap<string, string>,
): string | undefined {
  return specifier.startsWith('.') ? resolve(dirname(importer), specifier) : entries.get(specifier);
}

function shortestCycle(graph: ImportGraph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...pathTo(cameFrom, start, file), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function pathTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let file = end; file !== start;) {
    file = cameFrom.get(file) ?? start;
    path.unshift(file);
  }
  return path;
}
