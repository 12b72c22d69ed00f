import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clearOutput } from './clear-output.ts';
import { manifestWith, temporaryProject } from './temporary-project.ts';

describe('clearOutput', () => {
  it('removes what packages are packed from, and nothing else', () => {
    const root = temporaryProject({
      'packages/core/package.json': manifestWith('@llmgine/core', {}),
      'packages/core/src/index.ts': '',
      'packages/core/build/index.d.ts': '',
      'packages/core/dist/old.js': '',
    });
    const exists = (path: string) => existsSync(join(root, 'packages/core', path));

    clearOutput(root);

    expect(['src/index.ts', 'build/index.d.ts', 'dist'].map(exists)).toEqual([true, true, false]);
  });
});
