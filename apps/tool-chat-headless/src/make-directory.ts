import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it. One after another: Node's `recursive` never returns where a directory that is
 * there takes no new ones, as below /proc.
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (thrown) {
    if (!existsSync(directory)) throw thrown; // else another process was quicker
  }
}
