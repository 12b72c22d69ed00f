import type { SignalHub } from '../signals/signal-hub.ts';
import type {
  KnownWork,
  ScheduledEventStore,
  UnknownWork,
} from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';

/** What the reports need of the bus. */
export interface UnknownWorkReportsOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  readonly signals: SignalHub;
}

/** Tells of events that are due and that nobody here can handle, once for each type and schedule. */
export class UnknownWorkReports {
  readonly #options: UnknownWorkReportsOptions;
  readonly #reported = new Set<string>();

  constructor(options: UnknownWorkReportsOptions) {
    this.#options = options;
  }

  async report(known: KnownWork): Promise<void> {
    for (const work of (await this.#options.store.unknownWork?.(known)) ?? []) {
      const { type, schedule } = work;
      const isOfKnownType = !known.types || known.types.includes(type);
      const key = isOfKnownType ? `schedule ${schedule}` : `type ${type}`;
      if (this.#reported.has(key)) continue;
      this.#reported.add(key);
      this.#emit(work, isOfKnownType ? schedule : undefined);
    }
  }

  clear(): void {
    this.#reported.clear();
  }

  #emit({ type, id }: UnknownWork, schedule: string | undefined): void {
    const { signals, clock } = this.#options;
    const at = clock.now();
    if (schedule === undefined) {
      signals.emit({ type: 'schedule.unknown-type', at, eventType: type, id });
    } else signals.emit({ type: 'schedule.unknown-schedule', at, schedule, id });
  }
}
