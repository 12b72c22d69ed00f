import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of a package that is installed here, without loading it. */
export function installedVersion(packageName: string): string {
  const manifest = join(import.meta.dirname, '..', 'node_modules', packageName, 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
