import { join } from 'node:path';
import { reachableFiles } from './reachable-files.ts';
import { readModule } from './source-module.ts';
import type { WorkspacePackage } from './workspace.ts';

/** Says where the bundle loads an optional peer together with the main entry point. */
export function packedPeerProblems({ dir, path, manifest }: WorkspacePackage): string[] {
  const { exports = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependenciesMeta);
  if (exports['.'] === undefined || peers.length === 0) return [];
  return reachableFiles(dir, ['dist/index.js'], { dynamic: false }).flatMap((file) =>
    readModule(join(dir, file))
      .imports.filter(({ specifier, dynamic }) => !dynamic && isOneOf(peers, specifier))
      .map(({ specifier }) => `${path}: ${file}, which '.' loads, imports '${specifier}'`),
  );
}

function isOneOf(packages: readonly string[], specifier: string): boolean {
  return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}
