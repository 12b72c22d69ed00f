import { defineCommand, typeOnly, type CommandDefinition } from '@llmgine/core';
import type { ToolEffect } from '@llmgine/core/vocabulary';
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Data of the command that runs a tool. */
export interface ToolCommandData {
  readonly toolCallId: string;
  readonly toolName: string;
  /** Valid and approved, as JSON data. */
  readonly toolArgs: unknown;
  readonly idempotencyKey: string;
}

/** Makes the commands of one tool. */
export type ToolCommandDefinition = CommandDefinition<
  string,
  StandardSchemaV1<ToolCommandData>,
  StandardSchemaV1
>;

/** A bus knows one definition per type, so all managers must share them. Names of tools are few. */
const repeatable = new Map<string, ToolCommandDefinition>();
const once = new Map<string, ToolCommandDefinition>();

/**
 * The command that runs a tool: `tool.run.NAME`, or, for tools that must run once, `tool.run-once.NAME`, which nothing
 * retries. A type per tool gives each tool its own circuit, rate limit, metrics and dead letters.
 */
export function toolCommand(name: string, effect: ToolEffect): ToolCommandDefinition {
  const definitions = effect === 'once' ? once : repeatable;
  let definition = definitions.get(name);
  if (!definition) {
    definition = defineToolCommand(name, effect);
    definitions.set(name, definition);
  }
  return definition;
}

function defineToolCommand(name: string, effect: ToolEffect): ToolCommandDefinition {
  const runsOnce = effect === 'once';
  return defineCommand(`${runsOnce ? 'tool.run-once' : 'tool.run'}.${name}`, {
    data: typeOnly<ToolCommandData>(),
    result: typeOnly<unknown>(),
    ...(runsOnce && { retry: false as const }),
  });
}
