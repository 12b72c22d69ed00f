import { UnreadableToolResultError } from '../errors.ts';
import { toJsonValue } from './json-value.ts';
import { isIterator } from './object-parts.ts';

/** A tool's value as JSON data and as the text that the model reads. */
export interface ReadValue {
  readonly value: unknown;
  readonly content: string;
}

/** What the model reads when a tool gives nothing. */
const NO_OUTPUT = '(no output)';

/**
 * Turns whatever a tool returned into JSON data and text.
 * @throws UnreadableToolResultError for streams, generators and functions
 */
export function readValue(
  returned: unknown,
  toolName: string,
  redact?: (value: unknown) => unknown,
): ReadValue {
  refuseUnreadable(returned, toolName);
  const copied =
    typeof returned === 'string' ? returned.toWellFormed() : toJsonValue(returned).value;
  const value = redact ? redact(copied) : copied;
  return { value, content: toText(value) };
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? NO_OUTPUT : value;
  return JSON.stringify(value) ?? NO_OUTPUT;
}

/** Read here, a stream would count as done before it is; so it is the tool that must read it. */
function refuseUnreadable(returned: unknown, toolName: string): void {
  if (typeof returned === 'function') {
    throw new UnreadableToolResultError(toolName, 'returned a function, which has no text.');
  }
  if (typeof returned !== 'object' || returned === null) return;
  const kind = usedUpByReading(returned);
  if (kind === undefined) return;
  release(returned);
  throw new UnreadableToolResultError(
    toolName,
    `returned ${kind}, which cannot be given to a model. The tool must read it and return text or JSON.`,
  );
}

/** What a value is that its tool has not read; undefined for all others. */
function usedUpByReading(value: object): string | undefined {
  try {
    if (isStream(value)) return 'a stream';
    return isIterator(value) ? 'a generator' : undefined;
  } catch {
    return undefined; // it is no stream if it cannot even be asked
  }
}

function isStream(value: object): boolean {
  return (
    Symbol.asyncIterator in value ||
    value instanceof ReadableStream ||
    value instanceof WritableStream ||
    value instanceof Request ||
    value instanceof Response ||
    value instanceof Blob
  );
}

/** Nobody will read it: lets go of the file or connection behind it. */
function release(stream: object): void {
  try {
    const { cancel, destroy } = stream as { cancel?: () => unknown; destroy?: () => unknown };
    if (typeof destroy === 'function') destroy.call(stream);
    else if (typeof cancel === 'function') Promise.resolve(cancel.call(stream)).catch(() => {});
  } catch {
    // A stream that cannot be closed is not ours to mend.
  }
}
