import { describe, expect, it } from 'vitest';
import { packedFileProblems } from './packed-files.ts';
import { manifestWith, temporaryProject } from './temporary-project.ts';
import { findPackages } from './workspace.ts';

const packed = [
  'LICENSE',
  'README.md',
  'package.json',
  'src/index.ts',
  'dist/index.js',
  'dist/index.js.map',
  'dist/index.d.ts',
  'dist/index.d.ts.map',
];

function problemsWith(files: readonly string[]): string[] {
  const root = temporaryProject({
    'packages/core/package.json': manifestWith('@llmgine/core', { '.': './src/index.ts' }),
    'packages/core/src/index.ts': '',
    'packages/core/src/index.test.ts': '',
  });
  return findPackages(root).flatMap((each) => packedFileProblems(each, files));
}

describe('packedFileProblems', () => {
  it('accepts the sources without tests, and what is built from them', () => {
    expect(problemsWith(packed)).toEqual([]);
  });

  it('refuses tests, build information and output without a source', () => {
    const extra = ['src/index.test.ts', 'dist/.tsbuildinfo', 'dist/old.js'];

    expect(problemsWith([...packed, ...extra])).toEqual([
      'packages/core: packs dist/.tsbuildinfo',
      'packages/core: packs dist/old.js',
      'packages/core: packs src/index.test.ts',
    ]);
  });

  it('misses what is not packed', () => {
    expect(problemsWith(packed.filter((file) => !/LICENSE|js\.map/.test(file)))).toEqual([
      'packages/core: lacks LICENSE',
      'packages/core: lacks dist/index.js.map',
    ]);
  });
});
