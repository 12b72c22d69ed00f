import type { HandlerRegistry } from '../handler/handler-registry.ts';
import type { EventMessage } from '../message/message.ts';
import type { MessageCounting } from '../signals/message-counting.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { SignalTime } from '../signals/signal-time.ts';
import type { Deadlines } from '../timing/deadlines.ts';
import type { DispatchScope } from './dispatch-scope.ts';
import type { ErrorHistory } from './error-history.ts';
import type { MessageSender } from './message-sender.ts';
import type { RunningScopes } from './running-scopes.ts';
import type { Wrapping } from './wrapping.ts';

/** What the stages of the pipeline share. */
export interface PipelineParts {
  readonly signals: SignalHub;
  readonly counting: MessageCounting;
  readonly time: SignalTime;
  readonly deadlines: Deadlines;
  readonly registry: HandlerRegistry;
  readonly scopes: RunningScopes;
  readonly wrapping: Wrapping;
  readonly errors: ErrorHistory;
  readonly sender: MessageSender;
  /** Publishes an event of the bus's own that a scope caused; never waits and never fails. */
  publishBusEvent(event: EventMessage, cause: DispatchScope): void;
}
