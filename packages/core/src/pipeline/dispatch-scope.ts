import type { AnyMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { Generation } from './generations.ts';

/** What can be given up on: a command or an event dispatch that is running. */
export interface Abortable {
  /** Aborts the signal, settles at once, and leaves whatever still runs behind. */
  abort(reason: unknown): void;
}

/**
 * The handling of one message: what publishes and executes inside it are caused by it, and nested while it is open.
 * A linked list holds the scopes that are running, since every message enters and leaves it.
 */
export class DispatchScope {
  readonly message: AnyMessage;
  /** The scope that waits for this one. */
  readonly parent: DispatchScope | undefined;
  readonly depth: number;
  /** Something of the bus's own caused this; no event about its failure or life may be made. */
  readonly quiet: boolean;
  /** Until the message is settled. */
  open = true;
  /** Counted by `waitForEvents`; commands outside a dispatch have none. */
  generation: Generation | undefined;
  /** Who to abort; a handler's part of a dispatch has none of its own. */
  owner: Abortable | undefined;
  /** Inline dispatches that run in this scope. */
  children = 0;
  /** Called when the last child has ended. */
  whenChildless: (() => void) | undefined;
  /** The last sibling of each lane, so that siblings take turns. */
  turns: Map<string, Promise<unknown>> | undefined;
  /** Waits for others to end: they must not wait for it. */
  waitsForOthers = false;

  previousRunning: DispatchScope | undefined;
  nextRunning: DispatchScope | undefined;

  #controller: AbortController | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(message: AnyMessage, parent: DispatchScope | undefined, quiet: boolean) {
    this.message = message;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 1;
    this.quiet = quiet;
  }

  /** Made when first asked for: most handlers never look at it. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  abortSignal(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  childEnded(): void {
    this.children--;
    if (this.children === 0) this.whenChildless?.();
  }

  isInside(ancestor: DispatchScope): boolean {
    for (let scope: DispatchScope | undefined = this; scope; scope = scope.parent) {
      if (scope === ancestor) return true;
    }
    return false;
  }

  belongsTo(sessionId: SessionId): boolean {
    for (let scope: DispatchScope | undefined = this; scope; scope = scope.parent) {
      if (scope.message.sessionId === sessionId) return true;
    }
    return false;
  }

  get root(): DispatchScope {
    let scope: DispatchScope = this;
    while (scope.parent) scope = scope.parent;
    return scope;
  }
}
