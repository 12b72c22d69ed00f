import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { MaybePromise } from '@llmgine/core';
import { InvalidToolArgumentsError } from '../errors.ts';
import type { ToolSchema } from '../tool-schema.ts';
import { coerce, type Coerced } from './coerce.ts';
import type { ParsedArguments } from './parse-arguments.ts';

/** Arguments that fit the tool's schema. */
export interface CheckedArguments {
  /** As JSON data: what is approved, shown and stored. */
  readonly args: unknown;
  /** As the schema gives them, with its defaults: what the tool gets. */
  readonly value: unknown;
  readonly repairs: readonly string[];
}

type Checked = StandardSchemaV1.Result<unknown>;

/** What is checked, by what. */
interface Check {
  readonly parsed: ParsedArguments;
  readonly schema: ToolSchema;
  readonly toolName: string;
}

/**
 * The fourth step: validates arguments, and where they do not fit coerces them as the schema directs and tries again.
 * @throws InvalidToolArgumentsError
 */
export function checkArguments(
  parsed: ParsedArguments,
  schema: ToolSchema,
  toolName: string,
): MaybePromise<CheckedArguments> {
  const checked = validate(schema, parsed.args);
  if (checked instanceof Promise || checked.issues) {
    return concludeOthers(checked, { parsed, schema, toolName });
  }
  return { args: parsed.args, value: checked.value, repairs: parsed.repairs };
}

/** What does not fit at once. */
function concludeOthers(
  checked: MaybePromise<Checked>,
  check: Check,
): MaybePromise<CheckedArguments> {
  return checked instanceof Promise
    ? checked.then((known) => conclude(known, check))
    : conclude(checked, check);
}

function conclude(result: Checked, check: Check): MaybePromise<CheckedArguments> {
  if (result.issues) return tryCoerced(result.issues, check);
  const { args, repairs } = check.parsed;
  return { args, value: result.value, repairs };
}

function tryCoerced(
  issues: readonly StandardSchemaV1.Issue[],
  check: Check,
): MaybePromise<CheckedArguments> {
  const { parsed, schema, toolName } = check;
  const coerced = coerce(parsed.args, schema.json);
  if (coerced.repairs.length === 0) throw new InvalidToolArgumentsError(toolName, issues);
  const rechecked = validate(schema, coerced.value);
  return rechecked instanceof Promise
    ? rechecked.then((known) => acceptCoerced(known, coerced, check))
    : acceptCoerced(rechecked, coerced, check);
}

function acceptCoerced(
  result: Checked,
  coerced: Coerced,
  { parsed, toolName }: Check,
): CheckedArguments {
  if (result.issues) throw new InvalidToolArgumentsError(toolName, result.issues);
  return {
    args: coerced.value,
    value: result.value,
    repairs: [...parsed.repairs, ...coerced.repairs],
  };
}

/** A schema that fails by itself must not let a call through. */
function validate(schema: ToolSchema, value: unknown): MaybePromise<Checked> {
  try {
    const checked = schema.check(value);
    if (checked instanceof Promise) return checked.catch(broken);
    return 'then' in checked ? Promise.resolve(checked).catch(broken) : checked;
  } catch (thrown) {
    return broken(thrown);
  }
}

function broken(thrown: unknown): StandardSchemaV1.FailureResult {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { issues: [{ message: `they could not be checked (${detail})` }] };
}
