import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';

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
