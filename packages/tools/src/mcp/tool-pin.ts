import { createHash } from 'node:crypto';

/** Remembers what tools looked like when they were first seen. */
export interface ToolPins {
  get(server: string, tool: string): string | undefined;
  set(server: string, tool: string, pin: string): void;
  /** For keeping them beyond this process: give it to `createToolPins` again. */
  toJSON(): Readonly<Record<string, string>>;
}

/** Makes pins in memory, beginning with those given. */
export function createToolPins(known: Readonly<Record<string, string>> = {}): ToolPins {
  const pins = new Map(Object.entries(known));
  return {
    get: (server, tool) => pins.get(keyOf(server, tool)),
    set: (server, tool, pin) => void pins.set(keyOf(server, tool), pin),
    toJSON: () => Object.fromEntries(pins),
  };
}

function keyOf(server: string, tool: string): string {
  return JSON.stringify([server, tool]);
}

/** The pin of a definition: the same for the same definition, in whatever order its keys come. */
export function pinOf(definition: unknown): string {
  return createHash('sha256').update(canonical(definition)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
