import { UsageError } from './usage-error.ts';

/** Reads everything from a stream of bytes. @throws UsageError when it is no UTF-8 */
export async function readText(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  let text = '';
  for await (const piece of decoded(stream)) text += piece;
  return text;
}

/** Reads lines from a stream of bytes. @throws UsageError when it is no UTF-8 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of decoded(stream)) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}

async function* decoded(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of stream) {
    yield typeof piece === 'string' ? piece : decode(decoder, piece);
  }
  yield decode(decoder);
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch {
    throw new UsageError(
      'The standard input is not UTF-8 text. Convert it first, e.g. with iconv.',
    );
  }
}
