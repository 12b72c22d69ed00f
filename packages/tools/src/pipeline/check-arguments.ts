import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { MaybePromise } from '@llmgine/core';
import { InvalidToolArgumentsError } from '../errors.ts';
import type { ToolSchema } from '../tool-schema.ts';
import { coerce } from './coerce.ts';
import type { ParsedArguments } from './parse-arguments.ts';

/** Arguments that fit the tool's schema. */
export interface CheckedArguments {
  /** As JSON data: what is approved, shown and stored. */
  readonly args: unknown;
  /** As the schema gives them, with its defaults: what the tool gets. */
  readonly value: unknown;
  readonly repairs: readonly string[];
}

/**
 * The fourth step: validates arguments, and where they do not fit coerces them as the schema directs and tries again.
 * @throws InvalidToolArgumentsError
 */
export function checkArguments(
  { args, repairs }: ParsedArguments,
  schema: ToolSchema,
  toolName: string,
): MaybePromise<CheckedArguments> {
  return whenKnown(validate(args), (checked) => {
    if (!checked.issues) return { args, value: checked.value, repairs };

    const coerced = coerce(args, schema.json);
    if (coerced.repairs.length === 0) throw new InvalidToolArgumentsError(toolName, checked.issues);
    return whenKnown(validate(coerced.value), (rechecked) => {
      if (rechecked.issues) throw new InvalidToolArgumentsError(toolName, rechecked.issues);
      return {
        args: coerced.value,
        value: rechecked.value,
        repairs: [...repairs, ...coerced.repairs],
      };
    });
  });

  /** A schema that fails by itself must not let a call through. */
  function validate(value: unknown): MaybePromise<StandardSchemaV1.Result<unknown>> {
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

/** Goes on at once when there is nothing to wait for. */
export function whenKnown<T, Next>(
  value: MaybePromise<T>,
  goOn: (value: T) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then((known) => goOn(known)) : goOn(value);
}
