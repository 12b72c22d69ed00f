import { AsyncResource } from 'node:async_hooks';
import { WaitInsideHandlerError } from '../errors.ts';
import type { CommandExecutor } from '../handler/handler.ts';
import { HandlerRegistry } from '../handler/handler-registry.ts';
import { createMessageIds } from '../message/message-id.ts';
import type { AnyDefinition } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import { CommandExecution } from '../pipeline/command-executor.ts';
import { ErrorHistory } from '../pipeline/error-history.ts';
import type { EventFilter } from '../pipeline/event-filter.ts';
import { EventPublishing } from '../pipeline/event-publisher.ts';
import { EventPump } from '../pipeline/event-pump.ts';
import { Generations } from '../pipeline/generations.ts';
import { IoTurn } from '../pipeline/io-turn.ts';
import type { MessageSender } from '../pipeline/message-sender.ts';
import { NestedDispatches } from '../pipeline/nested-dispatches.ts';
import type { PipelineParts } from '../pipeline/pipeline-parts.ts';
import { RunningScopes } from '../pipeline/running-scopes.ts';
import { Wrapping } from '../pipeline/wrapping.ts';
import { EventScheduler } from '../queue/event-scheduler.ts';
import { createLaneQueue } from '../queue/lane-queue.ts';
import type { MetricsSnapshot } from '../signals/metrics-source.ts';
import { createSignalHub } from '../signals/signal-hub.ts';
import { SignalTime } from '../signals/signal-time.ts';
import { createMemoryScheduledEventStore } from '../stores/memory-scheduled-event-store.ts';
import { Deadlines } from '../timing/deadlines.ts';
import { systemClock } from '../timing/system-clock.ts';
import { Admission } from './admission.ts';
import { BusLifecycle } from './bus-lifecycle.ts';
import { BusSessions } from './bus-sessions.ts';
import { checkBatch, checkDeadline, checkOptions } from './check-options.ts';
import { createSessionObject, DEFAULT_DEADLINE_MS } from './create-bus-session.ts';
import type {
  BusStats,
  DeadlineOptions,
  MessageBus,
  ObservabilityPort,
  StopReport,
} from './message-bus.ts';
import type { MessageBusOptions } from './message-bus-options.ts';

/** With a store that others share, a claim holds so long unless it is extended. */
const LEASE_MS = 30_000;
const DEFAULT_BATCH = { size: 256, timeoutMs: 0 };
const emptySnapshot: MetricsSnapshot = { counters: {}, gauges: {}, histograms: {} };

/**
 * Makes a message bus. It runs nothing until `start()`.
 * @throws InvalidOptionsError with all problems at once
 */
export function createMessageBus(options: MessageBusOptions = {}): MessageBus {
  checkOptions(options);
  const { clock = systemClock, eventLog, stampMetadata, metrics, messages = [] } = options;
  const signals = options.signals ?? createSignalHub({ clock });
  const queue = options.queue ?? createLaneQueue();
  const ids = createMessageIds();
  const admission = new Admission();
  const ioTurn = new IoTurn(clock);
  const generations = new Generations();
  const scopes = new RunningScopes(options.reentrancy ?? 'ambient');
  const registry = new HandlerRegistry(handlersChanged);
  const wrapping = new Wrapping({
    invoker: options.invoker,
    eventInvoker: options.eventInvoker,
    allowNestedRetry: options.allowNestedRetry ?? false,
  });
  const errors = new ErrorHistory(options.errorHistory ?? 1000);
  const sender: MessageSender = {
    publishFrom: whenValid(publishFrom),
    executeFrom: whenValid(executeFrom),
  };
  const parts: PipelineParts = {
    signals,
    time: new SignalTime(clock),
    deadlines: new Deadlines(clock),
    registry,
    scopes,
    wrapping,
    errors,
    sender,
    publishBusEvent: (event, cause) => void publishing.publishOwn(event, cause),
  };
  const pump = new EventPump({
    queue,
    clock,
    ioTurn,
    concurrency: options.concurrency ?? Infinity,
    batch: { ...DEFAULT_BATCH, ...options.batch },
    parts,
  });
  const nested = new NestedDispatches(parts, generations, ioTurn);
  const scheduler = new EventScheduler({
    store: options.scheduledEvents ?? createMemoryScheduledEventStore({ clock }),
    clock,
    signals,
    rootContext: new AsyncResource('LlmgineBus'),
    // What the bus holds itself nobody else can handle; a shared store's unknown types are left to those who know them.
    knownTypes: () =>
      options.scheduledEvents && !registry.knowsEveryEvent ? registry.knownTypes : undefined,
    publishDue: (claim, started) => publishing.publishDue(claim, started),
    newId: () => ids.next(clock.now()),
    leaseMs: options.scheduledEvents ? LEASE_MS : Infinity,
  });
  const publishing = new EventPublishing({
    parts,
    admission,
    queue,
    pump,
    nested,
    scheduler,
    generations,
    eventLog,
    stampMetadata,
  });
  const execution = new CommandExecution({ parts, admission, stampMetadata });
  const sessions = new BusSessions({
    admission,
    registry,
    publishing,
    nested,
    scopes,
    queue,
    signals,
    clock,
  });
  const lifecycle = new BusLifecycle({
    admission,
    pump,
    scheduler,
    sessions,
    scopes,
    queue,
    signals,
    eventLog,
    clock,
  });
  let manager: Disposable | undefined;
  prepare();

  return {
    start: () => lifecycle.start(),
    stop,
    reset,
    [Symbol.asyncDispose]: async () => void (await stop()),
    publish: (event, publishOptions) =>
      sender.publishFrom({ scope: scopes.current }, event, publishOptions),
    execute: ((command, executeOptions) =>
      sender.executeFrom(
        { scope: scopes.current },
        command,
        executeOptions,
      )) as CommandExecutor['execute'],
    registerCommandHandler: (definition, handler, handlerOptions) =>
      registry.addCommandHandler(definition, handler as never, handlerOptions),
    registerEventHandler: (definition, handler, handlerOptions) =>
      registry.addEventHandler(definition, handler as never, handlerOptions),
    session: openSession,
    unregisterSessionHandlers(id) {
      if (id !== BUS_SCOPE) registry.removeSession(id);
    },
    async waitForEvents() {
      const inside = scopes.current;
      if (inside) throw new WaitInsideHandlerError(inside.message.type);
      pump.flush();
      await generations.wait();
    },
    addEventFilter,
    addCommandMiddleware: (layer) => wrapping.addCommandMiddleware(layer),
    addEventMiddleware: (layer) => wrapping.addEventMiddleware(layer),
    addObserver: (observer) => signals.add(observer),
    setBatchProcessing(batch) {
      checkBatch(batch);
      pump.batch = { size: batch.size, timeoutMs: batch.timeoutMs };
      pump.flush();
    },
    suppressEventErrors() {
      publishing.suppressesErrors = true;
    },
    unsuppressEventErrors() {
      publishing.suppressesErrors = false;
    },
    getDefinition: (type) => registry.definition(type),
    getEventErrors: () => errors.list(),
    getStats,
    getMetrics: async () => (metrics ? metrics.snapshot() : emptySnapshot),
    setObservabilityManager,
    schedule: (event, recurrence, scheduleOptions = {}) =>
      scheduler.schedule(event, recurrence, scheduleOptions),
    cancelScheduled: (id) => scheduler.cancel(id),
    reschedule: (id, at) => scheduler.reschedule(id, at),
    listScheduled: () => scheduler.list(),
  };

  /** What a new bus and a reset one have. */
  function prepare(): void {
    for (const definition of messages as readonly AnyDefinition[]) registry.know(definition);
    if (metrics) signals.add(metrics);
  }

  function publishFrom(
    ...[from, event, publishOptions]: Parameters<MessageSender['publishFrom']>
  ): ReturnType<MessageSender['publishFrom']> {
    return publishing.publish(from, event, publishOptions);
  }

  function executeFrom(
    ...[from, command, executeOptions]: Parameters<MessageSender['executeFrom']>
  ): ReturnType<MessageSender['executeFrom']> {
    return execution.execute(from, command, executeOptions);
  }

  function handlersChanged(): void {
    scheduler?.typesChanged();
    if (!signals.active) return;
    const { bus, sessions: ofSessions } = registry.counts;
    signals.emit({ type: 'handlers.changed', at: clock.now(), registered: bus + ofSessions });
  }

  async function openSession(id: SessionId = ids.next(clock.now()) as SessionId) {
    const state = await sessions.open(id);
    return createSessionObject({
      state,
      sessions,
      scopes,
      sender,
      registrar: {
        registerCommandHandler: (definition, handler, handlerOptions) =>
          registry.addCommandHandler(definition, handler as never, handlerOptions),
        registerEventHandler: (definition, handler, handlerOptions) =>
          registry.addEventHandler(definition, handler as never, handlerOptions),
      },
    });
  }

  async function stop({
    deadlineMs = DEFAULT_DEADLINE_MS,
  }: DeadlineOptions = {}): Promise<StopReport> {
    checkDeadline('stop the bus', deadlineMs);
    return lifecycle.stop(deadlineMs);
  }

  async function reset(): Promise<void> {
    await stop();
    registry.clear();
    publishing.filters = [];
    wrapping.clear();
    signals.clear();
    errors.clear();
    scheduler.reset();
    queue.reset?.();
    options.invoker?.reset?.();
    admission.sessions.clear();
    admission.phase = 'idle';
    prepare();
  }

  function addEventFilter(filter: EventFilter): Disposable {
    publishing.filters = [...publishing.filters, filter];
    return once(() => {
      publishing.filters = publishing.filters.toSpliced(publishing.filters.lastIndexOf(filter), 1);
    });
  }

  function setObservabilityManager(next: ObservabilityPort): Disposable {
    manager?.[Symbol.dispose]();
    const observing = signals.add(next);
    wrapping.setManager(next);
    manager = once(() => {
      observing[Symbol.dispose]();
      if (wrapping.manager === next) wrapping.setManager(undefined);
    });
    return manager;
  }

  function getStats(): BusStats {
    const counts = registry.counts;
    return {
      state: admission.phase,
      queueSize: queue.size,
      inFlight: scopes.count,
      scheduledEvents: scheduler.size,
      sessions: admission.sessions.size,
      registeredHandlers: counts.bus + counts.sessions,
      handlersByScope: counts,
      eventErrors: errors.total,
      batch: pump.batch,
    };
  }
}

function once(dispose: () => void): Disposable {
  let disposed = false;
  return {
    [Symbol.dispose]: () => {
      if (disposed) return;
      disposed = true;
      dispose();
    },
  };
}

/** Misuse reaches the caller as a rejection, as everything else does. */
function whenValid<Arguments extends unknown[], T>(
  send: (...given: Arguments) => Promise<T>,
): (...given: Arguments) => Promise<T> {
  return (...given) => {
    try {
      return send(...given);
    } catch (misuse) {
      return Promise.reject(misuse as Error);
    }
  };
}
