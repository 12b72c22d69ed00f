import { parseArgs } from 'node:util';
import { isLlmgineError } from '@llmgine/core';
import { connect } from '../connect.ts';
import type { Driver } from '../database/driver.ts';
import { createQueryBuilder } from '../database/query-builder.ts';
import { optionsFromEnv } from '../options-from-env.ts';
import { checkOptions } from '../persistence-options.ts';
import { databaseCommands, type DatabaseCommandContext } from './database-commands.ts';

/** Where a command reads and writes. */
export interface CommandSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

const USAGE = `llmgine-db <command> [--url URL] [--schema NAME]

  migrate   brings the tables up to date
  status    says which migrations were applied and what is stored
  doctor    looks for what is wrong; exit code 1 when something is

Without options the variables LLMGINE_DB_URL and LLMGINE_DB_SCHEMA count.
`;

/** Runs one command of `llmgine-db`; resolves to the exit code: 0 fine, 1 failed, 2 wrong usage. */
export async function runDatabaseCommand(
  words: readonly string[],
  surroundings: CommandSurroundings,
): Promise<number> {
  const { write, writeError } = surroundings;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const command = Object.hasOwn(databaseCommands, positionals[0] ?? '')
      ? databaseCommands[positionals[0]!]
      : undefined;
    if (values.help) write(USAGE);
    if (values.help) return 0;
    if (!command || positionals.length > 1) {
      writeError(USAGE);
      return 2;
    }
    await using opened = await openDatabase(values, surroundings.environment);
    return await command(opened.context, write);
  } catch (thrown) {
    writeError(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return isUsage(thrown) ? 2 : 1;
  }
}

interface OpenedDatabase extends AsyncDisposable {
  readonly context: DatabaseCommandContext;
}

async function openDatabase(
  given: { readonly url?: string; readonly schema?: string },
  environment: CommandSurroundings['environment'],
): Promise<OpenedDatabase> {
  const options = { ...optionsFromEnv(environment), ...given };
  const checked = checkOptions(options);
  const driver: Driver = await connect(checked, options);
  const { schema } = checked;
  const { dialect } = driver;
  const builder = createQueryBuilder(dialect, schema);
  return {
    context: { driver, builder, dialect, schema },
    [Symbol.asyncDispose]: () => driver.close(),
  };
}

function isUsage(thrown: unknown): boolean {
  if (!isLlmgineError(thrown)) {
    return String((thrown as { code?: unknown })?.code).startsWith('ERR_PARSE_ARGS');
  }
  return (
    thrown.code === 'LLMGINE_INVALID_OPTIONS' || thrown.code === 'LLMGINE_UNSUPPORTED_DATABASE_URL'
  );
}
