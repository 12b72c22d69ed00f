import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import { toError } from '../message/error-data.ts';
import type { HandlerCallOwner } from './handler-call-owner.ts';
import type { HandlerWatch } from './handler-watch.ts';
import { MessageContext } from './message-context.ts';
import type { EventCall } from './middleware.ts';

/** Calls an event handler inside middleware, invoker and attempt wrapper. Rejects with what the handler threw. */
export function callWrapped(
  owner: HandlerCallOwner,
  handler: RegisteredEventHandler,
  watch: HandlerWatch | undefined,
): Promise<void> {
  const { eventOnion, eventInvoker, attemptWrapper } = owner.parts.wrapping;
  const firstContext = contextFor(1);
  const call = callFor(firstContext);
  const innermost = (inner: EventCall): Promise<void> =>
    eventInvoker ? eventInvoker(inner, runAttempt) : runAttempt(1);
  return eventOnion ? eventOnion(call, innermost) : innermost(call);

  async function runAttempt(attempt: number): Promise<void> {
    const context = attempt === 1 ? firstContext : contextFor(attempt);
    watch?.attemptStarted(attempt);
    try {
      if (attemptWrapper) {
        const run = async (): Promise<void> => handler.handle(owner.event, context);
        await attemptWrapper.aroundAttempt(callFor(context), attempt, run);
      } else await handler.handle(owner.event, context);
      watch?.attemptFinished('succeeded', undefined);
    } catch (thrown) {
      watch?.attemptFinished('failed', toError(thrown));
      throw thrown;
    }
  }

  function callFor(context: MessageContext): EventCall {
    return {
      event: owner.event,
      definition: handler.definition,
      handler: handler.name,
      context,
    };
  }

  function contextFor(attempt: number): MessageContext {
    return watch?.contextFor(attempt) ?? new MessageContext(owner.scope, owner.parts, attempt);
  }
}
