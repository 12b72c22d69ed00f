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
  const innermost = (call: EventCall): Promise<void> =>
    eventInvoker ? eventInvoker(call, runAttempt) : runAttempt(1);
  const call = callFor(contextFor(1));
  return eventOnion ? eventOnion(call, innermost) : innermost(call);

  async function runAttempt(attempt: number): Promise<void> {
    const context = contextFor(attempt);
    const run = async (): Promise<void> => {
      await handler.handle(owner.event, context);
    };
    watch?.attemptStarted(attempt);
    try {
      await (attemptWrapper ? attemptWrapper.aroundAttempt(callFor(context), attempt, run) : run());
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
