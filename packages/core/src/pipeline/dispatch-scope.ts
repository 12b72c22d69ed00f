import type { AnyMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import { LazySignal } from '../timing/lazy-signal.ts';
import type { Generation } from './generations.ts';

/** How deep publishes and executes may nest. */
export const MAX_DEPTH = 32;

/** What can be given up on: a command or an event dispatch that is running. */
export interface Abortable {
  /** Aborts the signal, settles at once, and leaves whatever still runs behind. */
  abort(reason: unknown): void;
  /** Monotonic. */
  readonly deadlineAt?: number | undefined;
}

/** The inline dispatches of a scope. Most scopes have none. */
interface Children {
  running: number;
  /** Called when the last one has ended. */
  whenNone: (() => void) | undefined;
  /** The last one of each lane, so that siblings take turns. */
  readonly turns: Map<string, Promise<unknown>>;
}

/**
 * The handling of one message: what publishes and executes inside it is caused by it, and nested while it is open.
 * A linked list holds the scopes that are running, since every message enters and leaves it; what few scopes need is
 * made when first used.
 */
export class DispatchScope {
  readonly message: AnyMessage;
  /** The scope that waits for this one. */
  readonly parent: DispatchScope | undefined;
  /** Messages deep; a handler's own part of a dispatch is no further level. */
  depth: number;
  /** Something of the bus's own caused this; no event about its failure or life may be made. */
  readonly quiet: boolean;
  /** Until the message is settled. */
  open = true;
  /** How many waits for the end of others go on inside it: those others must not wait for it. */
  waits = 0;
  /** Counted by `waitForEvents`; commands outside a dispatch have none. */
  generation: Generation | undefined;
  /** Who to abort; a handler's part of a dispatch has none of its own. */
  owner: Abortable | undefined = undefined;
  previousRunning: DispatchScope | undefined = undefined;
  nextRunning: DispatchScope | undefined = undefined;

  #children: Children | undefined = undefined;
  #lazySignal: LazySignal | undefined = undefined;

  constructor(message: AnyMessage, parent: DispatchScope | undefined, quiet: boolean) {
    this.message = message;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 1;
    this.quiet = quiet;
    this.generation = parent?.generation;
  }

  /** Made when first asked for: most handlers never look at it. */
  get lazySignal(): LazySignal {
    this.#lazySignal ??= new LazySignal();
    return this.#lazySignal;
  }

  abortSignal(reason: unknown): void {
    this.lazySignal.abort(reason);
  }

  get hasChildren(): boolean {
    return this.#children !== undefined && this.#children.running > 0;
  }

  set whenChildless(callback: () => void) {
    if (this.#children) this.#children.whenNone = callback;
  }

  /** The sibling that runs before a new child of this lane. */
  siblingIn(lane: string): Promise<unknown> | undefined {
    return this.hasChildren ? this.#children?.turns.get(lane) : undefined;
  }

  childStarted(): void {
    this.#children ??= { running: 0, whenNone: undefined, turns: new Map() };
    this.#children.running++;
  }

  childTurns(lane: string, turn: Promise<unknown>): void {
    this.#children?.turns.set(lane, turn);
  }

  childEnded(): void {
    const children = this.#children;
    if (!children) return;
    children.running--;
    if (children.running === 0) children.whenNone?.();
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

  /** Counts a wait, for this scope and for those that wait for it. */
  countWait(change: 1 | -1): void {
    for (let scope: DispatchScope | undefined = this; scope; scope = scope.parent) {
      scope.waits += change;
    }
  }
}
