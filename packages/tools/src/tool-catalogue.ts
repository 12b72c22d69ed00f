import type { Tool } from './define-tool.ts';
import { DuplicateToolError } from './errors.ts';
import { readToolSchema, type JsonSchema, type ToolSchema } from './tool-schema.ts';

/** A tool as model APIs take it: the function-calling format of Chat Completions. */
export interface FunctionTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonSchema;
  };
}

/** A tool and its schema, read once. */
export interface RegisteredTool {
  readonly tool: Tool;
  readonly schema: ToolSchema;
}

/** Says how the set of tools has changed. */
export interface ToolChange {
  readonly added?: Tool;
  readonly removed?: Tool;
}

/** The tools there are. */
export interface ToolCatalogue {
  readonly byName: ReadonlyMap<string, RegisteredTool>;
  add(tool: Tool, replace: boolean): Disposable;
  remove(name: string): boolean;
  /** The same list until a tool comes or goes. */
  list(): readonly FunctionTool[];
  onChange(listener: (change: ToolChange) => void): Disposable;
}

/** Makes an empty catalogue. */
export function createToolCatalogue(): ToolCatalogue {
  const byName = new Map<string, RegisteredTool>();
  const listeners = new Set<(change: ToolChange) => void>();
  let listed: readonly FunctionTool[] | undefined;

  return {
    byName,
    add(tool, replace) {
      const before = byName.get(tool.name);
      if (before && !replace) throw new DuplicateToolError(tool.name);
      byName.set(tool.name, { tool, schema: readToolSchema(tool.name, tool.input) });
      changed({ added: tool, ...(before && { removed: before.tool }) });
      return {
        [Symbol.dispose]: () => {
          if (byName.get(tool.name)?.tool === tool) remove(tool.name);
        },
      };
    },
    remove,
    list: () => (listed ??= deepFreeze(Array.from(byName.values(), toFunctionTool))),
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };

  function remove(name: string): boolean {
    const registered = byName.get(name);
    if (!registered) return false;
    byName.delete(name);
    changed({ removed: registered.tool });
    return true;
  }

  function changed(change: ToolChange): void {
    listed = undefined;
    for (const listener of listeners) listener(change);
  }
}

function toFunctionTool({ tool, schema }: RegisteredTool): FunctionTool {
  const { name, description } = tool;
  return { type: 'function', function: { name, description, parameters: schema.json } };
}

/** The list is handed out again and again: whoever writes on it is told. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
