import type { Manifest } from './workspace.ts';

/** The built files of a package, relative to `dist` and without ending: `otel/index`. */
export interface EntryNames {
  /** What can be imported, and so has types. */
  readonly exported: readonly string[];
  /** The same, and the programs. */
  readonly all: readonly string[];
}

/** Gives the entry points that a manifest names in `exports` and in `bin`. */
export function entryNames({ exports = {}, bin = {} }: Manifest): EntryNames {
  const exported = Object.values(exports).flatMap((target) =>
    typeof target === 'string' || target['default'] === undefined ? [] : [target['default']],
  );
  return {
    exported: exported.map(nameOf),
    all: [...new Set([...exported, ...Object.values(bin)].map(nameOf))],
  };
}

function nameOf(file: string): string {
  return file.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
}
