import type { Admission } from '../bus/admission.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import type { EventDefinition } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { EventFilters } from './event-filters.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** What an event that is published now could meet. */
export interface EventHearingOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly filters: EventFilters;
  readonly options: MessageBusOptions;
}

/**
 * Tells whether anything could notice that an event was published, so that one that nothing would notice need not be
 * made. Whatever cannot be known counts as a yes.
 */
export class EventHearing {
  readonly #parts: PipelineParts;
  readonly #admission: Admission;
  readonly #filters: EventFilters;
  /** A log, a queue of somebody's own, counting metrics or a stamp gets every event. */
  readonly #hearsEvery: boolean;

  constructor({ parts, admission, filters, options }: EventHearingOptions) {
    const { eventLog, queue, metrics, stampMetadata } = options;
    this.#parts = parts;
    this.#admission = admission;
    this.#filters = filters;
    this.#hearsEvery = Boolean(eventLog ?? queue ?? metrics ?? stampMetadata);
  }

  isHeard({ type }: EventDefinition, sessionId: SessionId): boolean {
    if (this.#hearsEvery || !this.#filters.isEmpty) return true;
    return (
      !this.#isRunning(sessionId) ||
      this.#isObserved() ||
      this.#parts.registry.eventPlan({ type, sessionId }).handlers > 0
    );
  }

  /** Otherwise the event would wait for handlers to come, or its publisher would get an error. */
  #isRunning(sessionId: SessionId): boolean {
    if (this.#admission.phase !== 'running') return false;
    const session = this.#admission.session(sessionId);
    return !session || session.phase === 'open';
  }

  #isObserved(): boolean {
    const { signals } = this.#parts;
    return (
      signals.active &&
      (signals.wants('event.published') ||
        signals.wants('event.queued') ||
        signals.wants('event.processed') ||
        signals.wants('event.dropped'))
    );
  }
}
