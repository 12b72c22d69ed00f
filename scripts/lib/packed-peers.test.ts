import { describe, expect, it } from 'vitest';
import { packedPeerProblems } from './packed-peers.ts';
import { temporaryProject } from './temporary-project.ts';
import { findPackages } from './workspace.ts';

function problemsWith(files: Readonly<Record<string, string>>): string[] {
  const root = temporaryProject({
    'packages/core/package.json': {
      name: '@llmgine/core',
      exports: { '.': { default: './dist/index.js' }, './cron': { default: './dist/cron.js' } },
      peerDependenciesMeta: { croner: { optional: true } },
    },
    'packages/core/dist/shared.js': '',
    'packages/core/dist/cron.js': "import 'croner';",
    ...files,
  });
  return findPackages(root).flatMap(packedPeerProblems);
}

describe('packedPeerProblems', () => {
  it('accepts a peer in its own entry point, also where the main one loads that later', () => {
    const index =
      "import './shared.js'; import 'croners'; export const load = () => import('./cron.js');";

    expect(problemsWith({ 'packages/core/dist/index.js': index })).toEqual([]);
  });

  it('refuses a peer in code that the main entry point shares', () => {
    const problems = problemsWith({
      'packages/core/dist/index.js': "import './shared.js';",
      'packages/core/dist/shared.js': "import 'croner/parser';",
    });

    expect(problems).toEqual([
      "packages/core: dist/shared.js, which '.' loads, imports 'croner/parser'",
    ]);
  });
});
