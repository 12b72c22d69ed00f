import { opendir, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** @throws UsageError for a root that cannot be read */
export async function checkRoot(root: string): Promise<void> {
  try {
    await (await opendir(root)).close();
  } catch (thrown) {
    const { code = 'it cannot be read' } = thrown as NodeJS.ErrnoException;
    throw new UsageError(`--root ${root} is no directory to read from (${code}).`);
  }
}

/** Finds a file below a root, by its real place: links and `..` lead nowhere else. @throws Error for the model */
export async function confinedPath(root: string, path: string): Promise<string> {
  if (path.includes('\0')) throw new Error('A path holds no zero characters.');
  const realRoot = await realpath(root);
  const real = await realpath(resolve(realRoot, path)).catch(() => {
    throw new Error(`There is no '${path}'.`);
  });
  const inside = relative(realRoot, real);
  if (inside === '..' || /^\.\.[\\/]/.test(inside) || isAbsolute(inside)) {
    throw new Error(`'${path}' is outside the directory that may be read.`);
  }
  return real;
}
