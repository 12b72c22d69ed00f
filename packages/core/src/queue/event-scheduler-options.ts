import type { AsyncResource } from 'node:async_hooks';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { AnyDefinition } from '../message/message.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { ClaimedEvent, ScheduledEventStore } from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';

/** What the scheduler needs of the bus. */
export interface EventSchedulerOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  readonly signals: SignalHub;
  /** The async context in which timers are set, so that they carry nobody's context into handlers. */
  readonly rootContext: AsyncResource;
  /** Other processes may hold events in the store, and handle what is held here. */
  readonly isShared: boolean;
  /** Types that have a handler or a name here; undefined: every type. */
  readonly knownTypes: () => readonly string[] | undefined;
  readonly definition: (type: string) => AnyDefinition | undefined;
  /** Publishes a due event and tells how it ended; `started` receives what aborts it. */
  readonly publishDue: (
    claim: ClaimedEvent,
    started: (abort: (reason: unknown) => void) => void,
  ) => Promise<PublishReceipt>;
  readonly newId: () => string;
  /** How long a claim holds unless extended; `Infinity` where nobody else can claim. */
  readonly leaseMs: number;
}
