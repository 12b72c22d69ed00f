import { AsyncResource } from 'node:async_hooks';
import { HandlerRegistry } from '../handler/handler-registry.ts';
import { createMessageIds } from '../message/message-id.ts';
import { CommandExecution } from '../pipeline/command-executor.ts';
import { ErrorHistory } from '../pipeline/error-history.ts';
import { EventFilters } from '../pipeline/event-filters.ts';
import { EventHearing } from '../pipeline/event-hearing.ts';
import { EventLogging } from '../pipeline/event-logging.ts';
import { EventPublishing } from '../pipeline/event-publisher.ts';
import { EventPump } from '../pipeline/event-pump.ts';
import { Generations } from '../pipeline/generations.ts';
import { IoTurn } from '../pipeline/io-turn.ts';
import type { MessageSender } from '../pipeline/message-sender.ts';
import { NestedDispatches } from '../pipeline/nested-dispatches.ts';
import type { PipelineParts } from '../pipeline/pipeline-parts.ts';
import { QueueEntrance } from '../pipeline/queue-entrance.ts';
import { RunningScopes } from '../pipeline/running-scopes.ts';
import { WaitingTime } from '../pipeline/waiting-time.ts';
import { Wrapping } from '../pipeline/wrapping.ts';
import type { EventQueue } from '../queue/event-queue.ts';
import { EventScheduler } from '../queue/event-scheduler.ts';
import { createLaneQueue } from '../queue/lane-queue.ts';
import type { BusReadings } from '../signals/bus-signal.ts';
import { MessageCounting } from '../signals/message-counting.ts';
import { createSignalHub, type SignalHub } from '../signals/signal-hub.ts';
import { SignalTime } from '../signals/signal-time.ts';
import { createMemoryScheduledEventStore } from '../stores/memory-scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';
import { Deadlines } from '../timing/deadlines.ts';
import { systemClock } from '../timing/system-clock.ts';
import { Admission } from './admission.ts';
import { BusLifecycle } from './bus-lifecycle.ts';
import { BusSessions } from './bus-sessions.ts';
import type { MessageBusOptions } from './message-bus-options.ts';

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_BATCH = { size: 256, timeoutMs: 0 };

/** The parts of one bus, made and introduced to each other. */
export class BusWiring {
  readonly options: MessageBusOptions;
  readonly clock: Clock;
  readonly signals: SignalHub;
  readonly counting: MessageCounting;
  readonly queue: EventQueue;
  readonly admission = new Admission();
  readonly scopes: RunningScopes;
  readonly registry: HandlerRegistry;
  readonly wrapping: Wrapping;
  readonly errors: ErrorHistory;
  readonly filters: EventFilters;
  readonly generations = new Generations();
  readonly pump: EventPump;
  readonly readings: BusReadings;
  readonly scheduler: EventScheduler;
  readonly publishing: EventPublishing;
  readonly hearing: EventHearing;
  readonly execution: CommandExecution;
  readonly sessions: BusSessions;
  readonly lifecycle: BusLifecycle;
  readonly sender: MessageSender;
  readonly #ids = createMessageIds();

  constructor(options: MessageBusOptions) {
    const { clock = systemClock, stampMetadata } = options;
    this.options = options;
    this.clock = clock;
    this.signals = options.signals ?? createSignalHub({ clock });
    this.counting = new MessageCounting(options.metrics, this.signals, clock);
    this.queue = options.queue ?? createLaneQueue();
    this.scopes = new RunningScopes(options.reentrancy ?? 'ambient');
    this.registry = new HandlerRegistry(() => this.#handlersChanged());
    this.wrapping = new Wrapping(options, clock);
    this.errors = new ErrorHistory(options.errorHistory ?? 1000);
    this.sender = this.#createSender();

    const parts = this.#createParts();
    const { admission, generations, queue, scopes, signals, registry } = this;
    const ioTurn = new IoTurn(clock);
    const logging = new EventLogging(options.eventLog, signals, clock);
    const concurrency = options.concurrency ?? Infinity;
    const { size = DEFAULT_BATCH.size, timeoutMs = DEFAULT_BATCH.timeoutMs } = options.batch ?? {};
    const batch = { size, timeoutMs };
    const nested = new NestedDispatches(parts, generations, ioTurn);
    this.filters = new EventFilters(signals, parts.time);
    const waiting = new WaitingTime(queue, clock);
    this.pump = new EventPump({ queue, clock, ioTurn, concurrency, batch, parts, waiting });
    this.readings = {
      phase: () => admission.phase,
      queueSize: () => queue.size,
      oldestQueuedMs: () => waiting.oldestMs(),
    };
    this.scheduler = this.#createScheduler();

    const { filters, pump, scheduler } = this;
    const entry = { parts, admission, queue, pump, generations, logging, waiting };
    const entrance = new QueueEntrance(entry);
    const waysIn = { parts, admission, filters, logging, entrance, nested, scheduler };
    this.publishing = new EventPublishing({ ...waysIn, stampMetadata });
    this.hearing = new EventHearing({ parts, admission, filters, options });
    this.execution = new CommandExecution({ parts, admission, stampMetadata });
    const { publishing } = this;
    const shared = { admission, scopes, queue, signals, clock };
    this.sessions = new BusSessions({ ...shared, registry, publishing, nested });
    this.lifecycle = new BusLifecycle({
      ...shared,
      pump,
      scheduler,
      logging,
      invoker: options.invoker,
      sessions: this.sessions,
    });
    this.prepare();
  }

  /** What a new bus and a reset one have. */
  prepare(): void {
    const { messages = [], metrics } = this.options;
    for (const definition of messages) this.registry.know(definition);
    metrics?.attach?.(this.readings);
    this.counting.observe();
  }

  /** Forgets everything that was added since. */
  forget(): void {
    this.registry.clear();
    this.filters.clear();
    this.wrapping.clear();
    this.signals.clear();
    this.options.metrics?.reset?.();
    this.errors.clear();
    this.scheduler.reset();
    this.queue.reset?.();
    this.options.invoker?.reset?.();
    this.admission.sessions.clear();
    this.admission.phase = 'idle';
    this.prepare();
  }

  newId(): string {
    return this.#ids.next(this.clock.now());
  }

  #createParts(): PipelineParts {
    const { signals, counting, registry, scopes, wrapping, errors, sender, clock } = this;
    return {
      signals,
      counting,
      registry,
      scopes,
      wrapping,
      errors,
      sender,
      time: new SignalTime(clock),
      deadlines: new Deadlines(clock),
      publishBusEvent: (event, cause) => void this.publishing.publishOwn(event, cause),
    };
  }

  /** Misuse reaches the caller as a rejection, as everything else does. */
  #createSender(): MessageSender {
    return {
      publishFrom: (from, event, options) => {
        try {
          return this.publishing.publish(from, event, options);
        } catch (misuse) {
          return Promise.reject(misuse);
        }
      },
      executeFrom: (from, command, options) => {
        try {
          return this.execution.execute(from, command, options);
        } catch (misuse) {
          return Promise.reject(misuse);
        }
      },
      isHeard: (event, sessionId) => this.hearing.isHeard(event, sessionId),
    };
  }

  #createScheduler(): EventScheduler {
    const { clock, signals, registry } = this;
    const { scheduledEvents: shared, leaseMs = DEFAULT_LEASE_MS } = this.options;
    return new EventScheduler({
      store: shared ?? createMemoryScheduledEventStore({ clock }),
      clock,
      signals,
      rootContext: new AsyncResource('LlmgineBus'),
      isShared: shared !== undefined,
      knownTypes: () => (registry.knowsEveryEvent ? undefined : registry.knownTypes),
      definition: (type) => registry.definition(type),
      publishDue: (claim, started) => this.publishing.publishDue(claim, started),
      newId: () => this.newId(),
      leaseMs: shared ? leaseMs : Infinity,
    });
  }

  #handlersChanged(): void {
    this.scheduler?.typesChanged();
    if (!this.signals.wants('handlers.changed')) return;
    const { bus, sessions } = this.registry.counts;
    this.signals.emit({
      type: 'handlers.changed',
      at: this.clock.now(),
      registered: bus + sessions,
    });
  }
}
