import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import type { EventMessage } from '../message/message.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { DispatchScope } from './dispatch-scope.ts';
import type { MessageContext } from './message-context.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** A call of an event handler, as those see it who wait for it or watch it. */
export interface RunningHandler {
  readonly handler: RegisteredEventHandler;
  readonly owner: HandlerCallOwner;
  readonly error: Error | undefined;
  /** The call is over, whatever the handler does from now on. */
  end(error: Error | undefined, outcome: HandlerOutcome): void;
}

/** Who waits for a handler call. */
export interface HandlerCallOwner {
  readonly event: EventMessage;
  readonly scope: DispatchScope;
  readonly parts: PipelineParts;
  /** Shared by the calls that need none of their own. */
  readonly context: MessageContext;
  /** Somebody wants to hear of single handlers. */
  readonly reportsHandlers: boolean;
  callSettled(call: RunningHandler): void;
}
