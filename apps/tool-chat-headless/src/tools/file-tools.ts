import { open, readdir, stat } from 'node:fs/promises';
import { defineTool, jsonSchema, type Tool } from '@llmgine/tools';
import { confinedPath } from './confined-path.ts';

const MAX_BYTES = 200_000;
const MAX_ENTRIES = 1_000;

/** Makes the tools that read below one directory and nowhere else. */
export function createFileTools(root: string): readonly Tool[] {
  return [
    defineTool({
      name: 'read_file',
      description: `Reads a text file, at most ${MAX_BYTES / 1000} kB of it.`,
      effect: 'read',
      input: jsonSchema<{ readonly path: string }>({
        type: 'object',
        properties: { path: { type: 'string', description: 'Path of the file', minLength: 1 } },
        required: ['path'],
        additionalProperties: false,
      }),
      execute: async ({ path }) => readText(path, await confinedPath(root, path)),
    }),
    defineTool({
      name: 'list_files',
      description: 'Lists a directory.',
      effect: 'read',
      input: jsonSchema<{ readonly path?: string }>({
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Path of the directory', default: '.' },
        },
        additionalProperties: false,
      }),
      execute: async ({ path = '.' }) => listDirectory(path, await confinedPath(root, path)),
    }),
  ];
}

async function readText(path: string, file: string): Promise<string> {
  const { size } = await checkedKind(path, file, 'file');
  await using handle = await open(file, 'r');
  const buffer = Buffer.alloc(Math.min(size, MAX_BYTES));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  const bytes = buffer.subarray(0, bytesRead);
  if (bytes.includes(0)) throw new Error(`'${path}' is no text file.`);
  const text = bytes.toString('utf8');
  return size > MAX_BYTES ? `${text}\n[the first ${MAX_BYTES} of ${size} bytes]` : text;
}

async function listDirectory(path: string, directory: string): Promise<readonly string[]> {
  await checkedKind(path, directory, 'directory');
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .toSorted();
  return names.length <= MAX_ENTRIES
    ? names
    : [...names.slice(0, MAX_ENTRIES), `[and ${names.length - MAX_ENTRIES} more]`];
}

/** A pipe or a device would be read for ever. */
async function checkedKind(path: string, found: string, kind: 'file' | 'directory') {
  const stats = await stat(found);
  const fits = kind === 'file' ? stats.isFile() : stats.isDirectory();
  if (!fits) throw new Error(`'${path}' is no ${kind}.`);
  return stats;
}
