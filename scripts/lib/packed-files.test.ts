import { describe, expect, it } from 'vitest';
import { packedFileProblems } from './packed-files.ts';
import { temporaryProject } from './temporary-project.ts';
import { findPackages } from './workspace.ts';

const built = {
  'dist/index.js': "import './shared.js';",
  'dist/index.d.ts': "export type { Clock } from './clock.ts';",
  'dist/clock.d.ts': 'export interface Clock {}',
  'dist/shared.js': '',
  'dist/main.js': '',
};

const packed = ['LICENSE', 'README.md', 'package.json', ...Object.keys(built)];

function problemsWith(files: readonly string[]): string[] {
  const root = temporaryProject({
    'packages/core/package.json': {
      name: '@llmgine/core',
      bin: { core: './dist/main.js' },
      exports: { '.': { default: './dist/index.js' }, './package.json': './package.json' },
    },
    ...Object.fromEntries(
      Object.entries(built).map(([file, text]) => [`packages/core/${file}`, text]),
    ),
  });
  return findPackages(root).flatMap((each) => packedFileProblems(each, files));
}

describe('packedFileProblems', () => {
  it('accepts what the entry points and the programs reach', () => {
    expect(problemsWith(packed)).toEqual([]);
  });

  it('refuses sources, build information and what nothing reaches', () => {
    const extra = ['src/index.ts', 'dist/.tsbuildinfo', 'dist/old.js', 'dist/index.js.map'];

    expect(problemsWith([...packed, ...extra])).toEqual([
      'packages/core: packs dist/.tsbuildinfo, which nothing reaches',
      'packages/core: packs dist/index.js.map, which nothing reaches',
      'packages/core: packs dist/old.js, which nothing reaches',
      'packages/core: packs src/index.ts, which nothing reaches',
    ]);
  });

  it('misses what is reached and not packed', () => {
    expect(problemsWith(packed.filter((file) => !/LICENSE|clock|shared/.test(file)))).toEqual([
      'packages/core: lacks LICENSE',
      'packages/core: lacks dist/clock.d.ts',
      'packages/core: lacks dist/shared.js',
    ]);
  });
});
