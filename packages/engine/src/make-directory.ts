import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it. One after another: Node's `recursive` never returns where a directory that is
 * there takes no new ones, as below /proc.
 */
export async function makeDirectory(directory: string): Promise<void> {
  if (await exists(directory)) return;
  await makeDirectory(dirname(directory));
  try {
    await mkdir(directory);
  } catch (thrown) {
    if (!(await exists(directory))) throw thrown; // else somebody was quicker
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
