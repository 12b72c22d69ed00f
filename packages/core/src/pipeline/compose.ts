import { MiddlewareMisuseError } from '../handler/handler-errors.ts';
import {
  failed,
  isOutcome,
  toCommandResult,
  type CommandResult,
} from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type {
  CommandCall,
  CommandFinish,
  CommandMiddleware,
  EventCall,
  EventFinish,
  EventMiddleware,
} from './middleware.ts';
import type { PassClock } from './pass-clock.ts';
import type { Onion } from './passage.ts';

/** What became of handling an event: undefined when nothing was thrown. */
export type EventOutcome = { readonly thrown: unknown } | undefined;

/** Command middleware, first outermost. What a layer throws is a failed result to the one outside it. */
export function commandOnion(
  layers: readonly CommandMiddleware[],
  clock: PassClock,
): Onion<CommandCall, CommandResult> {
  return {
    layers,
    clock,
    enter: (index, call, next) =>
      layers[index]!.aroundCommand(call, next as () => Promise<CommandResult>),
    accept: (given, index, call) => resultOf(given, layers[index]!, call),
    finish: (finish, result) => (finish as CommandFinish)(result),
    acceptFinished: (given, _, { index, call }) => resultOf(given, layers[index]!, call),
    failed: (thrown, { command }) => failed(toError(thrown), command.id),
    settle: (result, resolve) => resolve(result),
  };
}

/** Event middleware, first outermost. */
export function eventOnion(
  layers: readonly EventMiddleware[],
  clock: PassClock,
): Onion<EventCall, EventOutcome> {
  return {
    layers,
    clock,
    enter: (index, call, next) => layers[index]!.aroundEvent(call, next as () => Promise<void>),
    accept: () => undefined,
    finish: (finish, outcome) =>
      (finish as EventFinish)(outcome === undefined ? undefined : toError(outcome.thrown)),
    acceptFinished: (_, outcome) => outcome,
    failed: (thrown) => ({ thrown }),
    settle: (outcome, resolve, reject) => (outcome ? reject(outcome.thrown) : resolve(undefined)),
  };
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
