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
      const next = onlyOnce(layer.name, () => contained(inner(call, innermost)));
      await layer.aroundEvent(call, next);
    },
    (call, innermost) => innermost(call),
  );
}

async function aroundCommand(
  layer: CommandMiddleware,
  call: CommandCall,
  inner: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const commandId = call.command.id;
  try {
    // What is called here never rejects, so that nobody needs to be kept from ignoring it.
    const next = layer.repeats ? oneAfterAnother(layer.name, inner) : onlyOnce(layer.name, inner);
    const result: unknown = await layer.aroundCommand(call, next);
    if (isOutcome(result)) {
      const isOwn = 'commandId' in result && result.commandId === commandId;
      return isOwn ? (result as CommandResult) : toCommandResult(result, commandId);
    }
    return failed(
      new MiddlewareMisuseError(
        layer.name,
        'returned no result. Return what next() gave, or ok(value) or fail(error).',
      ),
      commandId,
    );
  } catch (thrown) {
    return failed(toError(thrown), commandId);
  }
}

function onlyOnce<T>(middleware: string, next: () => Promise<T>): () => Promise<T> {
  let called = false;
  return () => {
    if (called) {
      const problem =
        'called next() twice. Declare repeats: true to call it again after it has settled.';
      return contained(Promise.reject(new MiddlewareMisuseError(middleware, problem)));
    }
    called = true;
    return next();
  };
}

function oneAfterAnother<T>(middleware: string, next: () => Promise<T>): () => Promise<T> {
  let running = false;
  return () => contained(call());

  async function call(): Promise<T> {
    if (running)
      throw new MiddlewareMisuseError(
        middleware,
        'called next() while the call before had not settled.',
      );
    running = true;
    try {
      return await next();
    } finally {
      running = false;
    }
  }
}

/** A middleware that does not wait for what it called must not crash the process; handlers report their failures themselves. */
function contained<T>(called: Promise<T>): Promise<T> {
  called.catch(() => {});
  return called;
}
