import { isBusEventType } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { SignalTime } from '../signals/signal-time.ts';
import type { EventFilter } from './event-filter.ts';

/** The filters of a bus, in order. */
export class EventFilters {
  readonly #signals: SignalHub;
  readonly #time: SignalTime;
  #filters: readonly EventFilter[] = [];

  constructor(signals: SignalHub, time: SignalTime) {
    this.#signals = signals;
    this.#time = time;
  }

  add(filter: EventFilter): () => void {
    this.#filters = [...this.#filters, filter];
    return () => {
      this.#filters = this.#filters.toSpliced(this.#filters.lastIndexOf(filter), 1);
    };
  }

  clear(): void {
    this.#filters = [];
  }

  get isEmpty(): boolean {
    return this.#filters.length === 0;
  }

  /** The receipt of an event that a filter refuses. */
  refuse(event: EventMessage): PublishReceipt | undefined {
    if (this.#filters.length === 0) return undefined;
    const isBusEvent = isBusEventType(event.type);
    const refusing = this.#filters.find(
      (filter) => (!isBusEvent || filter.busEvents === true) && !this.#accepts(filter, event),
    );
    if (!refusing) return undefined;
    const filter = refusing.name;
    if (this.#signals.active) {
      this.#signals.emit({ type: 'event.filtered', at: this.#time.now(), event, filter });
    }
    return { status: 'filtered', filter };
  }

  /** A filter that throws refuses nothing. */
  #accepts(filter: EventFilter, event: EventMessage): boolean {
    try {
      return filter.accepts(event);
    } catch (thrown) {
      const error = toError(thrown);
      const at = this.#time.now();
      this.#signals.emit({ type: 'filter.failed', at, filter: filter.name, event, error });
      return true;
    }
  }
}
