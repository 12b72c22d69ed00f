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

/**
 * The fourth step: validates arguments, and where they do not fit coerces them as the schema directs and tries again.
 * @throws InvalidToolArgumentsError
 */
export function checkArguments(
  { args, repairs }: ParsedArguments,
  schema: ToolSchema,
  toolName: string,
): MaybePromise<CheckedArguments> {
  const checked = validate(args);
  return checked instanceof Promise ? checked.then(accept) : accept(checked);

  function accept(result: Checked): MaybePromise<CheckedArguments> {
    return result.issues ? tryCoerced(result.issues) : { args, value: result.value, repairs };
  }

  function tryCoerced(issues: readonly StandardSchemaV1.Issue[]): MaybePromise<CheckedArguments> {
    const coerced = coerce(args, schema.json);
    if (coerced.repairs.length === 0) throw new InvalidToolArgumentsError(toolName, issues);
    const rechecked = validate(coerced.value);
    return rechecked instanceof Promise
      ? rechecked.then((known) => acceptCoerced(known, coerced))
      : acceptCoerced(rechecked, coerced);
  }

  function acceptCoerced(result: Checked, coerced: Coerced): CheckedArguments {
    if (result.issues) throw new InvalidToolArgumentsError(toolName, result.issues);
    return {
      args: coerced.value,
      value: result.value,
      repairs: [...repairs, ...coerced.repairs],
    };
  }

  /** A schema that fails by itself must not let a call through. */
  function validate(value: unknown): MaybePromise<Checked> {
    try {
      const checked = schema.check(value);
      return checked instanceof Promise ? checked.catch(broken) : checked;
    } catch (thrown) {
      return broken(thrown);
    }
  }
}

function broken(thrown: unknown): StandardSchemaV1.FailureResult {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { issues: [{ message: `they could not be checked (${detail})` }] };
}
