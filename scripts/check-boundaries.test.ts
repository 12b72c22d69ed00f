import { describe, expect, it } from 'vitest';
import { checkBoundaries } from './check-boundaries.ts';
import { manifestWith, temporaryProject } from './lib/temporary-project.ts';

const core = {
  'packages/core/package.json': manifestWith('@llmgine/core', {
    '.': './src/index.ts',
    './timing': './src/timing.ts',
  }),
  'packages/core/src/index.ts': "export { bus } from './bus.ts';",
  'packages/core/src/bus.ts': 'export const bus = 1;',
  'packages/core/src/timing.ts': 'export const clock = 1;',
};

const filters = {
  'packages/filters/package.json': manifestWith('@llmgine/filters', { '.': './src/index.ts' }),
  'packages/filters/src/index.ts': "export { a } from './a.ts';",
  'packages/filters/src/a.ts':
    "import { clock } from '@llmgine/core/timing';\nexport const a = clock;",
};

function problemsIn(files: Record<string, unknown>): string[] {
  return checkBoundaries(temporaryProject({ ...core, ...filters, ...files }));
}

describe('checkBoundaries', () => {
  it('accepts packages that stand on core', () => {
    expect(problemsIn({})).toEqual([]);
  });

  it('refuses an import between siblings', () => {
    const problems = problemsIn({
      'packages/metrics/package.json': manifestWith('@llmgine/metrics', { '.': './src/index.ts' }),
      'packages/metrics/src/index.ts': "import '@llmgine/filters';",
    });

    expect(problems).toEqual([
      "packages/metrics/src/index.ts:1 imports '@llmgine/filters', but @llmgine/metrics may import only @llmgine/core",
    ]);
  });

  it('refuses a type import that goes up from core', () => {
    const problems = problemsIn({
      'packages/core/src/bus.ts': "import type { a } from '@llmgine/filters';\nexport type B = a;",
    });

    expect(problems).toContain(
      "packages/core/src/bus.ts:1 imports '@llmgine/filters', but @llmgine/core imports no package of this workspace",
    );
  });

  it('refuses a type written as import(…)', () => {
    const problems = problemsIn({
      'packages/core/src/bus.ts': "export type B = import('@llmgine/filters').A;",
    });

    expect(problems[0]).toContain("imports '@llmgine/filters'");
  });

  it('lets a test import what it needs, and an app everything', () => {
    const problems = problemsIn({
      'packages/core/src/bus.test.ts': "import '@llmgine/filters';",
      'apps/chat/package.json': manifestWith('@llmgine/chat', {}),
      'apps/chat/src/main.ts': "import '@llmgine/filters';\nimport '@llmgine/core';\nimport 'pg';",
    });

    expect(problems).toEqual([]);
  });

  it('refuses to import an app', () => {
    const problems = problemsIn({
      'apps/chat/package.json': manifestWith('@llmgine/chat', { '.': './src/main.ts' }),
      'apps/chat/src/main.ts': 'export {};',
      'packages/filters/src/a.ts': "import '@llmgine/chat';",
    });

    expect(problems[0]).toContain('but nothing imports from apps/chat');
  });

  it('refuses a file that its package does not export', () => {
    const problems = problemsIn({
      'packages/filters/src/a.ts':
        "import { bus } from '@llmgine/core/bus';\nexport const a = bus;",
    });

    expect(problems).toEqual([
      "packages/filters/src/a.ts:1 imports '@llmgine/core/bus', which @llmgine/core does not export",
    ]);
  });

  it('refuses a relative path into another package', () => {
    const problems = problemsIn({
      'packages/filters/src/a.ts': "export { bus as a } from '../../core/src/bus.ts';",
    });

    expect(problems[0]).toContain('which is outside packages/filters');
  });

  it('refuses the import of a folder', () => {
    const problems = problemsIn({ 'packages/filters/src/a.ts': "import './pipeline';" });

    expect(problems[0]).toContain('which is a folder or lacks its extension');
  });

  it('refuses an import cycle, type imports included', () => {
    const problems = problemsIn({
      'packages/filters/src/a.ts': "import { b } from './b.ts';\nexport const a = b;",
      'packages/filters/src/b.ts': "import type { C } from './c.ts';\nexport const b = 1 as C;",
      'packages/filters/src/c.ts': "import type { a } from './a.ts';\nexport type C = typeof a;",
    });

    expect(problems).toEqual([
      'import cycle: packages/filters/src/a.ts -> packages/filters/src/b.ts -> packages/filters/src/c.ts -> packages/filters/src/a.ts',
    ]);
  });

  it('refuses a cycle through the own entry point', () => {
    const problems = problemsIn({
      'packages/filters/src/a.ts': "import '@llmgine/filters';\nexport const a = 1;",
    });

    expect(problems).toEqual([
      'import cycle: packages/filters/src/a.ts -> packages/filters/src/index.ts -> packages/filters/src/a.ts',
    ]);
  });

  it('refuses an inner index.ts and any other inner barrel', () => {
    const problems = problemsIn({
      'packages/core/src/queue/index.ts': "export { bus } from '../bus.ts';",
      'packages/core/src/queue.ts': "export { bus } from './bus.ts';",
    });

    expect(problems).toEqual([
      "packages/core/src/queue.ts:1 re-exports from './bus.ts'; only entry points re-export",
      'packages/core/src/queue/index.ts is an index.ts that is no entry point; import the files themselves',
    ]);
  });

  it('refuses an entry point that exports everything of a file', () => {
    const problems = problemsIn({ 'packages/filters/src/index.ts': "export * from './a.ts';" });

    expect(problems).toEqual([
      "packages/filters/src/index.ts exports '*'; name what it exports one by one",
    ]);
  });

  it('refuses an undeclared dependency', () => {
    const problems = problemsIn({ 'packages/filters/src/a.ts': "import 'kysely';" });

    expect(problems[0]).toContain('neither in its dependencies nor in its peerDependencies');
  });

  it('refuses a run-time dependency of core, declared or not', () => {
    const problems = problemsIn({
      'packages/core/package.json': manifestWith(
        '@llmgine/core',
        { '.': './src/index.ts', './timing': './src/timing.ts' },
        { dependencies: { zod: '1' } },
      ),
      'packages/core/src/bus.ts': "import type { z } from 'zod';\nexport type Z = z;",
    });

    expect(problems[0]).toContain('but @llmgine/core must not depend on it');
  });

  it('refuses an optional peer behind the main entry point only', () => {
    const manifest = manifestWith(
      '@llmgine/persistence',
      { '.': './src/index.ts', './postgres': './src/postgres.ts' },
      {
        peerDependencies: { pg: '1' },
        peerDependenciesMeta: { pg: { optional: true } },
      },
    );
    const postgres = "import type { Pool } from 'pg';\nexport type P = Pool;";

    const apart = problemsIn({
      'packages/persistence/package.json': manifest,
      'packages/persistence/src/index.ts': "export const load = () => import('./postgres.ts');",
      'packages/persistence/src/postgres.ts': postgres,
    });
    const together = problemsIn({
      'packages/persistence/package.json': manifest,
      'packages/persistence/src/index.ts': "export type { P } from './postgres.ts';",
      'packages/persistence/src/postgres.ts': postgres,
    });

    expect(apart).toEqual([]);
    expect(together[0]).toContain("imports the optional peer 'pg'");
  });

  it('refuses a package whose types nobody checks', () => {
    const problems = problemsIn({
      'tsconfig.json': { references: [{ path: 'packages/filters' }] },
      'packages/core/tsconfig.json': {},
    });

    expect(problems).toEqual([
      'tsconfig.json does not refer to packages/core; add { "path": "packages/core" }',
      'packages/filters has no tsconfig.json',
    ]);
  });
});
