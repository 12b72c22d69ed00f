import { WaitInsideHandlerError } from './bus-errors.ts';
import type { CommandExecutor, HandlerRegistrar } from '../handler/handler.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { BUS_SCOPE, type SessionId } from '../message/session-id.ts';
import type { Sender } from '../pipeline/message-sender.ts';
import type { MetricsSnapshot } from '../signals/metrics-source.ts';
import type { BusSession } from './bus-session.ts';
import { BusWiring } from './bus-wiring.ts';
import {
  checkBatch,
  checkDeadline,
  checkObserver,
  checkOptions,
  checkPart,
} from './check-options.ts';
import type { DeadlineOptions } from './deadline-options.ts';
import type { BusStats, MessageBus, StopReport } from './message-bus.ts';
import type { MessageBusOptions } from './message-bus-options.ts';
import { createSessionObject, DEFAULT_DEADLINE_MS } from './session-object.ts';

/** Somebody outside every handler, of no session. */
const outside: Sender = { scope: undefined };

const emptySnapshot: MetricsSnapshot = { counters: {}, gauges: {}, histograms: {} };

/**
 * Makes a message bus. It runs nothing until `start()`.
 * @throws InvalidOptionsError with all problems at once
 */
export function createMessageBus(options: MessageBusOptions = {}): MessageBus {
  checkOptions(options);
  const wiring = new BusWiring(options);

  return {
    ...lifecycleOf(wiring),
    ...sendingOf(wiring),
    ...registrarOf(wiring.registry),
    ...sessionsOf(wiring),
    ...waysInOf(wiring),
    ...schedulingOf(wiring),
    ...inspectionOf(wiring),
  };
}

type Roles = Pick<MessageBus, keyof MessageBus>;

function lifecycleOf(
  wiring: BusWiring,
): Pick<Roles, 'start' | 'stop' | 'reset' | typeof Symbol.asyncDispose> {
  return {
    start: () => wiring.lifecycle.start(),
    stop,
    reset: () => wiring.lifecycle.reset(DEFAULT_DEADLINE_MS, () => wiring.forget()),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };

  async function stop({
    deadlineMs = DEFAULT_DEADLINE_MS,
  }: DeadlineOptions = {}): Promise<StopReport> {
    checkDeadline('stop the bus', deadlineMs);
    return wiring.lifecycle.stop(deadlineMs);
  }
}

function sendingOf({
  sender,
  scopes,
  pump,
  generations,
}: BusWiring): Pick<Roles, 'publish' | 'execute' | 'isHeard' | 'waitForEvents'> {
  return {
    publish: (event, options) => sender.publishFrom(from(), event, options),
    execute: ((command, options) =>
      sender.executeFrom(from(), command, options)) as CommandExecutor['execute'],
    isHeard: (event, sessionId = BUS_SCOPE) => sender.isHeard(event, sessionId),
    async waitForEvents() {
      const inside = scopes.current;
      if (inside) throw new WaitInsideHandlerError(inside.message.type);
      pump.flush();
      await generations.wait();
    },
  };

  function from(): Sender {
    const scope = scopes.current;
    return scope ? { scope } : outside;
  }
}

function registrarOf(registry: HandlerRegistry): HandlerRegistrar {
  return {
    registerCommandHandler: (definition, handler, options) =>
      registry.addCommandHandler(definition, handler as never, options), // typed by its definition
    registerEventHandler: (definition, handler, options) =>
      registry.addEventHandler(definition, handler as never, options),
  };
}

function sessionsOf(wiring: BusWiring): Pick<Roles, 'session' | 'unregisterSessionHandlers'> {
  const { sessions, scopes, sender, registry } = wiring;
  return {
    async session(id = wiring.newId() as SessionId): Promise<BusSession> {
      const state = await sessions.open(id);
      return createSessionObject({
        state,
        sessions,
        scopes,
        sender,
        registrar: registrarOf(registry),
      });
    },
    unregisterSessionHandlers(id) {
      if (id !== BUS_SCOPE) registry.removeSession(id);
    },
  };
}

function waysInOf({
  filters,
  wrapping,
  signals,
  readings,
}: BusWiring): Pick<
  Roles,
  | 'addEventFilter'
  | 'addCommandMiddleware'
  | 'addEventMiddleware'
  | 'addObserver'
  | 'setObservabilityManager'
> {
  let manager: Disposable | undefined;
  return {
    addEventFilter(filter) {
      checkPart('add an event filter', filter, 'accepts');
      return once(filters.add(filter));
    },
    addCommandMiddleware(middleware) {
      checkPart('add a command middleware', middleware, 'aroundCommand');
      return wrapping.addCommandMiddleware(middleware);
    },
    addEventMiddleware(middleware) {
      checkPart('add an event middleware', middleware, 'aroundEvent');
      return wrapping.addEventMiddleware(middleware);
    },
    addObserver(observer) {
      checkObserver('add an observer', observer);
      observer.attach?.(readings);
      return signals.add(observer);
    },
    setObservabilityManager(next) {
      checkObserver('set the observability manager', next);
      manager?.[Symbol.dispose]();
      next.attach?.(readings);
      const observing = signals.add(next);
      wrapping.setManager(next);
      const watching = next.onChange?.(() => {
        if (wrapping.manager === next) wrapping.setManager(next);
      });
      manager = once(() => {
        watching?.[Symbol.dispose]();
        observing[Symbol.dispose]();
        if (wrapping.manager === next) wrapping.setManager(undefined);
      });
      return manager;
    },
  };
}

function schedulingOf({
  scheduler,
}: BusWiring): Pick<Roles, 'schedule' | 'cancelScheduled' | 'reschedule' | 'listScheduled'> {
  return {
    schedule: (event, recurrence, options = {}) => scheduler.schedule(event, recurrence, options),
    cancelScheduled: (id) => scheduler.cancel(id),
    reschedule: (id, at) => scheduler.reschedule(id, at),
    listScheduled: () => scheduler.list(),
  };
}

function inspectionOf(
  wiring: BusWiring,
): Pick<
  Roles,
  | 'setBatchProcessing'
  | 'suppressEventErrors'
  | 'unsuppressEventErrors'
  | 'getDefinition'
  | 'getEventErrors'
  | 'getStats'
  | 'getMetrics'
> {
  const { pump, publishing, errors, options, registry } = wiring;
  return {
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
    getStats: () => statsOf(wiring),
    getMetrics: async () => options.metrics?.snapshot() ?? emptySnapshot,
  };
}

function statsOf({
  admission,
  queue,
  scopes,
  scheduler,
  registry,
  errors,
  pump,
}: BusWiring): BusStats {
  const { counts } = registry;
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
