import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPackages } from './workspace.ts';

/**
 * Removes what is built. turbo puts back what it kept of unchanged packages, but lets lie what an
 * earlier build left beside it, and that would be packed.
 */
export function clearOutput(root: string): void {
  for (const { dir } of findPackages(root)) {
    rmSync(join(dir, 'dist'), { recursive: true, force: true });
  }
}
