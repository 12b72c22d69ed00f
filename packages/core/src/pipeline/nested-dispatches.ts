import { isBusEventType } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { SessionState } from '../bus/session-state.ts';
import type { EventMessage } from '../message/message.ts';
import { DispatchScope } from './dispatch-scope.ts';
import { EventDispatch } from './event-dispatch.ts';
import type { Generations } from './generations.ts';
import type { IoTurn } from './io-turn.ts';
import type { PipelineParts } from './pipeline-parts.ts';

const aborted: PublishReceipt = Object.freeze({ status: 'dropped', reason: 'aborted' });

/**
 * Dispatches events that a handler publishes and awaits: at once, past their lane, so that a lane never waits for
 * itself. Siblings of one parent take turns in each lane, and the parent does not end before them.
 */
export class NestedDispatches {
  readonly #parts: PipelineParts;
  readonly #generations: Generations;
  readonly #ioTurn: IoTurn;

  constructor(parts: PipelineParts, generations: Generations, ioTurn: IoTurn) {
    this.#parts = parts;
    this.#generations = generations;
    this.#ioTurn = ioTurn;
  }

  /** Without a parent the event is dispatched all the same, for the bus's own that belong in no lane. */
  async dispatch(
    event: EventMessage,
    parent: DispatchScope | undefined,
    session: SessionState | undefined,
  ): Promise<PublishReceipt> {
    const generation = this.#generations.enter(parent?.generation);
    if (session) session.pending++;
    const siblingBefore = parent?.siblingIn(laneOf(event));
    parent?.childStarted();
    const scope = new DispatchScope(event, parent, parent?.quiet || isBusEventType(event.type));
    scope.generation = generation;
    const turn = this.#inTurn(scope, siblingBefore);
    if (event.lane !== 'none') parent?.childTurns(laneOf(event), turn);
    try {
      return await turn;
    } finally {
      if (session) session.pending--;
      this.#generations.leave(generation);
      parent?.childEnded();
      if (session) this.#parts.scopes.changed();
    }
  }

  /** Never rejects. */
  async #inTurn(
    scope: DispatchScope,
    siblingBefore: Promise<unknown> | undefined,
  ): Promise<PublishReceipt> {
    if (siblingBefore) await siblingBefore;
    if (!this.#ioTurn.mayGoOn()) await this.#ioTurn.ends;
    if (scope.parent && !scope.parent.open) return aborted;
    return new Promise((resolve) => {
      const dispatch = new EventDispatch(scope, this.#parts, { dispatched: resolve });
      this.#parts.scopes.runInside(scope, () => dispatch.start());
    });
  }
}

function laneOf(event: EventMessage): string {
  return event.lane ?? ` ${event.sessionId}`;
}
