import { SessionEndedError, SessionOpenError } from './bus-errors.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { toError, toErrorData } from '../message/error-data.ts';
import type { SessionId } from '../message/session-id.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import type { DispatchScope } from '../pipeline/dispatch-scope.ts';
import type { EventPublishing } from '../pipeline/event-publisher.ts';
import type { NestedDispatches } from '../pipeline/nested-dispatches.ts';
import type { PendingEvent } from '../pipeline/pending-event.ts';
import type { RunningScopes } from '../pipeline/running-scopes.ts';
import type { EventQueue, QueueEntry } from '../queue/event-queue.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { Clock } from '../timing/clock.ts';
import type { Admission } from './admission.ts';
import { isBusEventType, SessionEndEvent, SessionStartEvent } from './bus-events.ts';
import type { PublishReceipt } from './publish-receipt.ts';
import type { SessionState } from './session-state.ts';

/** What sessions need of the bus. */
export interface BusSessionsOptions {
  readonly admission: Admission;
  readonly registry: HandlerRegistry;
  readonly publishing: EventPublishing;
  readonly nested: NestedDispatches;
  readonly scopes: RunningScopes;
  readonly queue: EventQueue;
  readonly signals: SignalHub;
  readonly clock: Clock;
}

/** How a session ends. */
interface Ending {
  readonly error: Error | undefined;
  readonly deadlineMs: number;
}

const aborted: PublishReceipt = Object.freeze({ status: 'dropped', reason: 'aborted' });

/** Opens sessions and ends them: what is queued runs, `SessionEndEvent` comes last, then the handlers go. */
export class BusSessions {
  readonly #options: BusSessionsOptions;

  constructor(options: BusSessionsOptions) {
    this.#options = options;
  }

  /** @throws SessionOpenError, BusStoppedError, InvalidOptionsError */
  async open(id: SessionId): Promise<SessionState> {
    const { admission, publishing, scopes, signals, clock } = this.#options;
    if (typeof id !== 'string' || (id as string) === '' || id === BUS_SCOPE) {
      throw new InvalidOptionsError('open a session', [
        `its id must be a non-empty string other than '${BUS_SCOPE}', got '${String(id)}'`,
      ]);
    }
    const scope = scopes.current;
    admission.check(scope, BUS_SCOPE);
    if (admission.sessions.has(id)) throw new SessionOpenError(id);

    const state: SessionState = {
      id,
      phase: 'open',
      pending: 0,
      dropsQueued: false,
      end: undefined,
    };
    admission.sessions.set(id, state);
    if (signals.active) signals.emit({ type: 'session.started', at: clock.now(), sessionId: id });
    const event = SessionStartEvent({ sessionId: id }, { sessionId: id });
    try {
      await publishing.publish({ scope }, event);
    } catch (refused) {
      this.#forget(state, toError(refused)); // nobody has the session, so nobody could end it
      throw refused;
    }
    return state;
  }

  /** Ending twice does nothing more. Never rejects because a handler failed. */
  end(state: SessionState, ending: Ending): Promise<void> {
    if (state.phase === 'ended') return Promise.resolve();
    const scope = this.#options.scopes.current;
    const isOwnChain = scope?.belongsTo(state.id) ?? false;
    state.end ??= this.#end(state, ending, isOwnChain ? undefined : scope);
    // Its own chain cannot be waited for by itself: the rest follows when that returns.
    const { end } = state;
    return isOwnChain ? Promise.resolve() : this.#options.scopes.waiting(scope, () => end);
  }

  /** Ends those that are open, and waits also for those that somebody else ends. */
  async endAll(deadlineMs: number): Promise<void> {
    const ends = Array.from(this.#options.admission.sessions.values(), async (state) => {
      void this.end(state, { error: undefined, deadlineMs });
      await state.end;
    });
    await Promise.all(ends);
  }

  async #end(
    state: SessionState,
    { error, deadlineMs }: Ending,
    scope: DispatchScope | undefined,
  ): Promise<void> {
    state.phase = 'ending';
    const { admission, clock } = this.#options;
    if (admission.phase === 'idle') return this.#endWhenRunning(state, error);

    const expiresAt = clock.monotonic() + deadlineMs;
    const ended = new SessionEndedError(state.id, { cause: error });
    if (error) this.#abandon(state, error);
    else
      await this.#within(expiresAt, this.#drained(state, scope), () => this.#abandon(state, ended));

    const last = this.#dispatchEnd(state, error, scope);
    await this.#within(expiresAt, last, () => this.#abandon(state, ended));
    this.#forget(state, error);
  }

  /** A bus that does not run yet keeps the end in the session's lane, behind what is queued there. */
  async #endWhenRunning(state: SessionState, error: Error | undefined): Promise<void> {
    if (error) this.#abandon(state, error);
    const settled = this.#options.publishing.publishOwn(endEvent(state, error), undefined);
    void settled.then(() => this.#forget(state, error));
  }

  /** Runs what is queued, and waits for what runs. */
  async #drained(state: SessionState, scope: DispatchScope | undefined): Promise<void> {
    const { scopes } = this.#options;
    while (scope?.open && !state.dropsQueued && (await this.#runQueued(state, scope))) {
      // What these published may be queued by now.
    }
    await scopes.until(() => state.dropsQueued || this.#isDrained(state));
  }

  /** Inside a handler no lane may be waited for: the queued events run as nested calls of it. */
  async #runQueued(state: SessionState, scope: DispatchScope): Promise<boolean> {
    const { queue, nested } = this.#options;
    const entries = queue.remove((entry) => (entry as PendingEvent).session === state);
    for (const entry of entries) {
      // Meanwhile the session may have been given up on.
      const receipt = state.dropsQueued
        ? aborted
        : await nested.dispatch(entry.event, scope, state);
      entry.settle(receipt);
    }
    return entries.length > 0;
  }

  #isDrained(state: SessionState): boolean {
    const running = this.#options.scopes.filter((scope) => scope.message.sessionId === state.id);
    const waiting = running.filter((scope) => scope.waits > 0);
    const waitingEvents = waiting.filter((scope) => scope.message.kind === 'event').length;
    const commands = running.filter((scope) => scope.message.kind === 'command').length;
    return state.pending - waitingEvents <= 0 && commands - (waiting.length - waitingEvents) <= 0;
  }

  #abandon(state: SessionState, reason: Error): void {
    const { queue, scopes } = this.#options;
    state.dropsQueued = true;
    const isDropped = (entry: QueueEntry): boolean =>
      (entry as PendingEvent).session === state && !isBusEventType(entry.event.type);
    for (const entry of queue.remove(isDropped)) {
      entry.settle(aborted);
    }
    const running = scopes.filter(
      (scope) => scope.message.sessionId === state.id && scope.waits === 0,
    );
    for (const scope of running) scope.owner?.abort(reason);
    scopes.changed();
  }

  async #dispatchEnd(
    state: SessionState,
    error: Error | undefined,
    scope: DispatchScope | undefined,
  ): Promise<void> {
    await this.#options.publishing.publishNow(
      endEvent(state, error),
      scope?.open ? scope : undefined,
    );
  }

  /** Waits for work, at most until the deadline; then `expire` makes an end of it. */
  async #within(expiresAt: number, work: Promise<void>, expire: () => void): Promise<void> {
    const { clock } = this.#options;
    using _timer = clock.setTimer(expire, expiresAt - clock.monotonic());
    await work;
  }

  #forget(state: SessionState, error: Error | undefined): void {
    const { admission, registry, signals, clock } = this.#options;
    registry.removeSession(state.id);
    state.phase = 'ended';
    if (admission.sessions.get(state.id) === state) admission.sessions.delete(state.id);
    if (signals.active)
      signals.emit({
        type: 'session.ended',
        at: clock.now(),
        sessionId: state.id,
        ...(error && { error }),
      });
  }
}

function endEvent(state: SessionState, error: Error | undefined) {
  return SessionEndEvent(
    { sessionId: state.id, ...(error && { error: toErrorData(error) }) },
    { sessionId: state.id },
  );
}
