import type { HandlerRun } from './handler-run.ts';
import type { ObservabilityHandler } from './observability-handler.ts';
import { isolatedWrap } from './isolated-wrap.ts';

/** The layers of all handlers that wrap commands, first registered outermost; undefined when none does. */
export function wrapCommands(runs: readonly HandlerRun[]): ObservabilityHandler['aroundCommand'] {
  return runs.reduceRight<ObservabilityHandler['aroundCommand']>((inner, run) => {
    if (!run.handler.aroundCommand) return inner;
    return (call, next) =>
      isolatedWrap(
        (work) => run.handler.aroundCommand!(call, work),
        inner ? () => inner(call, next) : next,
        (thrown) => run.failed(thrown),
      );
  }, undefined);
}

/** The same for the handlers of events. */
export function wrapEvents(runs: readonly HandlerRun[]): ObservabilityHandler['aroundEvent'] {
  return runs.reduceRight<ObservabilityHandler['aroundEvent']>((inner, run) => {
    if (!run.handler.aroundEvent) return inner;
    return (call, next) =>
      isolatedWrap(
        (work) => run.handler.aroundEvent!(call, work),
        inner ? () => inner(call, next) : next,
        (thrown) => run.failed(thrown),
      );
  }, undefined);
}

/** The same for single attempts of both. */
export function wrapAttempts(runs: readonly HandlerRun[]): ObservabilityHandler['aroundAttempt'] {
  return runs.reduceRight<ObservabilityHandler['aroundAttempt']>((inner, run) => {
    if (!run.handler.aroundAttempt) return inner;
    return (call, attempt, work) =>
      isolatedWrap(
        (next) => run.handler.aroundAttempt!(call, attempt, next),
        inner ? () => inner(call, attempt, work) : work,
        (thrown) => run.failed(thrown),
      );
  }, undefined);
}
