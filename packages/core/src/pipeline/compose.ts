import { MiddlewareMisuseError } from '../handler/handler-errors.ts';
import {
  failed,
  isOutcome,
  toCommandResult,
  type CommandResult,
} from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { CommandCall, CommandMiddleware, EventCall, EventMiddleware } from './middleware.ts';

/** An onion of middleware round whatever is called last. */
export type Onion<Call, Result> = (
  call: Call,
  innermost: (call: Call) => Promise<Result>,
) => Promise<Result>;

/** Composes command middleware, first outermost. What a layer throws is a failed result to the one outside it. */
export function composeCommandMiddleware(
  layers: readonly CommandMiddleware[],
): Onion<CommandCall, CommandResult> {
  return layers.reduceRight<Onion<CommandCall, CommandResult>>(
    (inner, layer) => (call, innermost) => aroundCommand(layer, call, () => inner(call, innermost)),
    (call, innermost) => innermost(call),
  );
}

/** Composes event middleware, first outermost. */
export function composeEventMiddleware(layers: readonly EventMiddleware[]): Onion<EventCall, void> {
  return layers.reduceRight<Onion<EventCall, void>>(
    (inner, layer) => async (call, innermost) => {
      const next = onlyOnce(layer, () => contained(inner(call, innermost)));
      await layer.aroundEvent(call, next);
    },
    (call, innermost) => innermost(call),
  );
}

/** Never rejects, as long as `inner` does not, so that nobody needs to be kept from ignoring what `next` gives. */
function aroundCommand(
  layer: CommandMiddleware,
  call: CommandCall,
  inner: () => Promise<CommandResult>,
): Promise<CommandResult> {
  let given: Promise<CommandResult> | undefined;
  let mayCall = true;
  const next = (): Promise<CommandResult> => {
    if (!mayCall) return calledTooOften(layer);
    mayCall = false;
    given = inner();
    if (layer.repeats) {
      void given.then(() => {
        mayCall = true; // before anybody else hears of it
      });
    }
    return given;
  };
  try {
    const returned: unknown = layer.aroundCommand(call, next);
    // What came from inside has been looked at there.
    if (given !== undefined && returned === given) return given;
    return Promise.resolve(returned).then(
      (result) => resultOf(result, layer, call),
      (thrown: unknown) => failed(toError(thrown), call.command.id),
    );
  } catch (thrown) {
    return Promise.resolve(failed(toError(thrown), call.command.id));
  }
}

function resultOf(given: unknown, layer: CommandMiddleware, call: CommandCall): CommandResult {
  const { id } = call.command;
  if (isOutcome(given)) {
    const isOwn = 'commandId' in given && given.commandId === id;
    return isOwn ? (given as CommandResult) : toCommandResult(given, id);
  }
  const problem = 'returned no result. Return what next() gave, or ok(value) or fail(error).';
  return failed(new MiddlewareMisuseError(layer.name, problem), id);
}

function onlyOnce<T>(layer: EventMiddleware, next: () => Promise<T>): () => Promise<T> {
  let mayCall = true;
  return () => {
    if (!mayCall) return calledTooOften(layer);
    mayCall = false;
    return next();
  };
}

/** The refusal of a call that comes too early or once too often. */
function calledTooOften({
  name,
  repeats,
}: Pick<CommandMiddleware, 'name' | 'repeats'>): Promise<never> {
  const problem = repeats
    ? 'called next() while the call before had not settled.'
    : 'called next() twice. Declare repeats: true to call it again after it has settled.';
  return contained(Promise.reject(new MiddlewareMisuseError(name, problem)));
}

/** A middleware that does not wait for what it called must not crash the process; handlers report their failures themselves. */
function contained<T>(called: Promise<T>): Promise<T> {
  called.catch(() => {});
  return called;
}
