import type { CommandExecutor, HandlerRegistrar, HearingPublisher } from '../handler/handler.ts';
import type { SessionId } from '../message/session-id.ts';
import type { DeadlineOptions } from './deadline-options.ts';

/** One conversation on the bus. What is registered, published and executed through it carries its id. */
export interface BusSession
  extends CommandExecutor, HearingPublisher, HandlerRegistrar, AsyncDisposable {
  readonly sessionId: SessionId;
  /**
   * Runs what is queued, dispatches `SessionEndEvent` last, then removes the session's handlers.
   * With an error, running work is aborted at once and queued events are dropped.
   */
  end(error?: Error, options?: DeadlineOptions): Promise<void>;
}
