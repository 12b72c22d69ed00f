import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeStaleOutput } from './stale-output.ts';
import { manifestWith, temporaryProject } from './temporary-project.ts';

describe('removeStaleOutput', () => {
  it('removes built files without a source, and no others', () => {
    const root = temporaryProject({
      'packages/core/package.json': manifestWith('@llmgine/core', {}),
      'packages/core/src/bus/kept.ts': '',
      'packages/core/dist/bus/kept.js': '',
      'packages/core/dist/bus/kept.d.ts.map': '',
      'packages/core/dist/bus/gone.js': '',
      'packages/core/dist/bus/gone.d.ts': '',
      'packages/core/dist/.tsbuildinfo': '',
    });
    const inDist = (file: string) => join(root, 'packages/core/dist', file);

    const removed = removeStaleOutput(root).toSorted();

    expect(removed).toEqual([inDist('bus/gone.d.ts'), inDist('bus/gone.js')]);
    expect(['bus/kept.js', 'bus/kept.d.ts.map', '.tsbuildinfo'].map(inDist).every(existsSync)).toBe(
      true,
    );
  });
});
