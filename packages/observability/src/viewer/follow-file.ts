import { open, stat, type FileHandle } from 'node:fs/promises';
import { sleep, type Clock } from '@llmgine/core/timing';

/** How to watch a file. */
export interface FollowOptions {
  readonly clock: Clock;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 200;
const CHUNK_BYTES = 65_536;

/**
 * Gives a file's content and then what is added to it, also when the file is set aside and begun anew, or is not
 * there yet. Asks the file system five times a second, since notifications are not to be had everywhere.
 */
export async function* followFile(
  path: string,
  { clock, signal }: FollowOptions,
): AsyncGenerator<Buffer> {
  let file: FileHandle | undefined;
  try {
    while (!signal?.aborted) {
      file ??= await openIfPresent(path);
      if (file) yield* readToEnd(file);
      if (file && (await isSetAside(path, file))) {
        yield* readToEnd(file); // what was added between the two looks
        await file.close();
        file = undefined;
        continue;
      }
      await sleep(POLL_MS, { clock, signal });
    }
  } finally {
    await file?.close();
  }
}

async function* readToEnd(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function isSetAside(path: string, file: FileHandle): Promise<boolean> {
  const [current, opened] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return current !== undefined && current.ino !== opened.ino;
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
