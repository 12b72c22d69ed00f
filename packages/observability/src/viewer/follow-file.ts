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

/** Ends a line that was torn when its file was begun anew. */
const LINE_END = Buffer.from('\n');

/**
 * Gives a file's content and then what is added to it, also when the file is set aside or cut short and begun anew, or
 * is not there yet. Asks the file system five times a second, since notifications are not to be had everywhere.
 */
export async function* followFile(
  path: string,
  { clock, signal }: FollowOptions,
): AsyncGenerator<Buffer> {
  let file: FollowedFile | undefined;
  try {
    while (!signal?.aborted) {
      file ??= await openIfPresent(path);
      if (file) yield* file.readToEnd();
      if (await file?.isCutShort()) {
        file?.rewind();
        yield LINE_END;
        continue;
      }
      if (file && (await file.isSetAside(path))) {
        yield* file.readToEnd(); // what was added between the two looks
        yield LINE_END;
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

/** An open file and how far it was read. */
class FollowedFile {
  readonly #handle: FileHandle;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async *readToEnd(): AsyncGenerator<Buffer> {
    for (;;) {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await this.#handle.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async isCutShort(): Promise<boolean> {
    return (await this.#handle.stat()).size < this.#position;
  }

  rewind(): void {
    this.#position = 0;
  }

  /** Another file stands at the path. */
  async isSetAside(path: string): Promise<boolean> {
    const [current, own] = await Promise.all([
      stat(path).catch(() => undefined),
      this.#handle.stat(),
    ]);
    return current !== undefined && current.ino !== own.ino;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function openIfPresent(path: string): Promise<FollowedFile | undefined> {
  try {
    return new FollowedFile(await open(path, 'r'));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
