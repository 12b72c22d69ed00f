import type { RegisteredCommandHandler } from '../handler/registered-handler.ts';
import type { CommandMessage } from '../message/message.ts';
import type { DispatchScope } from './dispatch-scope.ts';
import type { MessageContext } from './message-context.ts';
import type { CommandCall } from './middleware.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** A command that is running, as its attempts and reports see it. */
export interface RunningCommand {
  readonly command: CommandMessage;
  readonly scope: DispatchScope;
  readonly registered: RegisteredCommandHandler;
  readonly parts: PipelineParts;
  /** Somebody wants to hear of single calls of the handler. */
  readonly reportsHandler: boolean;
  /** `scope` is the run's own unless the attempt has one. */
  contextFor(attempt: number, scope?: DispatchScope): MessageContext;
  callFor(context: MessageContext): CommandCall;
}
