import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes the files into a new folder, which is removed after the test, and gives its path. */
export function temporaryProject(files: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(join(tmpdir(), 'llmgine-scripts-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return root;
}

/** A manifest with the given source entry points, by subpath. */
export function manifestWith(name: string, entries: Record<string, string>, more = {}): unknown {
  const exports = Object.fromEntries(
    Object.entries(entries).map(([subpath, file]) => [subpath, { '@llmgine/source': file }]),
  );
  return { name, exports, ...more };
}
