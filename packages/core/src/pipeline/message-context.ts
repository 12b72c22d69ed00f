import { isBusEventType } from '../bus/bus-events.ts';
import type { CommandExecutor, EventPublisher, HandlerContext } from '../handler/handler.ts';
import { BUS_SCOPE, type SessionId } from '../message/session-id.ts';
import type { AbortNotice } from '../timing/lazy-signal.ts';
import type { DispatchScope } from './dispatch-scope.ts';
import type { MessageSender, Sender } from './message-sender.ts';
import type { RunningScopes } from './running-scopes.ts';

/** What a context needs of the pipeline. */
export interface ContextParts {
  readonly scopes: RunningScopes;
  readonly sender: MessageSender;
}

/** What a handler sends through: everything is caused by its message. */
export class MessageContext implements HandlerContext {
  readonly attempt: number;
  readonly #scope: DispatchScope;
  readonly #parts: ContextParts;

  constructor(scope: DispatchScope, parts: ContextParts, attempt: number) {
    this.attempt = attempt;
    this.#scope = scope;
    this.#parts = parts;
  }

  get sessionId(): SessionId {
    return this.#scope.message.sessionId;
  }

  get signal(): AbortSignal {
    return this.#scope.lazySignal.value;
  }

  get abortNotice(): AbortNotice {
    return this.#scope.lazySignal;
  }

  get deadlineAt(): number | undefined {
    return this.#scope.owner?.deadlineAt;
  }

  get causedByBus(): boolean {
    return this.#scope.quiet || isBusEventType(this.#scope.message.type);
  }

  /** Getters, so that handlers may take `{ publish }` out of their context. */
  get publish(): EventPublisher['publish'] {
    return (event, options) => this.#parts.sender.publishFrom(this.#from(), event, options);
  }

  get execute(): CommandExecutor['execute'] {
    return ((command, options) =>
      this.#parts.sender.executeFrom(this.#from(), command, options)) as CommandExecutor['execute'];
  }

  /** The bus's scope stands for the context's own session, as it does for what is published. */
  get isHeard(): HandlerContext['isHeard'] {
    return (event, sessionId = BUS_SCOPE) =>
      this.#parts.sender.isHeard(event, sessionId === BUS_SCOPE ? this.sessionId : sessionId);
  }

  #from(): Sender {
    return { scope: this.#parts.scopes.innermost(this.#scope), sessionId: this.sessionId };
  }
}
