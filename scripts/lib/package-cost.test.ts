import { describe, expect, it } from 'vitest';
import { importTimeMs, installedBytes, sizeProblems } from './package-cost.ts';
import { temporaryProject } from './temporary-project.ts';

const name = '@llmgine/core';

describe('installedBytes', () => {
  it('counts the files of the package in all its folders, and not its dependencies', () => {
    const dir = temporaryProject({
      'node_modules/@llmgine/core/README.md': 'ab',
      'node_modules/@llmgine/core/dist/shared.js': 'cde',
      'node_modules/@llmgine/core/node_modules/other/index.js': 'not counted',
      'node_modules/@llmgine/filters/README.md': 'not counted',
    });

    expect(installedBytes({ name, dir })).toBe(5);
  });
});

describe('sizeProblems', () => {
  it('accepts what keeps its promise, and what has promised nothing', () => {
    expect([...sizeProblems(name, 300_000), ...sizeProblems('@llmgine/llm', 1e9)]).toEqual([]);
  });

  it('refuses a package that is larger than promised', () => {
    expect(sizeProblems(name, 300_001)).toEqual([
      '@llmgine/core has 300001 bytes; it should have at most 300000',
    ]);
  });
});

describe('importTimeMs', () => {
  it('measures an installed package', async () => {
    const dir = temporaryProject({
      'node_modules/@llmgine/core/package.json': { name, type: 'module', exports: './index.js' },
      'node_modules/@llmgine/core/index.js': 'export const answer = 42;',
    });

    expect(await importTimeMs({ name, dir })).toBeGreaterThan(0);
  });
});
