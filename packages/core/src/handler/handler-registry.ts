import { InvalidOptionsError } from '../errors.ts';
import { DuplicateCommandHandlerError, DuplicateDefinitionError } from './handler-errors.ts';
import type {
  AnyDefinition,
  CommandDefinition,
  EventDefinition,
  EventMessage,
} from '../message/message.ts';
import { anyEvent } from '../message/define-messages.ts';
import { isBusEventType } from '../bus/bus-events.ts';
import { BUS_SCOPE, type SessionId } from '../message/session-id.ts';
import type {
  CommandHandler,
  CommandHandlerOptions,
  EventHandler,
  EventHandlerOptions,
} from './handler.ts';
import type { RegisteredCommandHandler, RegisteredEventHandler } from './registered-handler.ts';
import { HandlerPriority } from './handler-priority.ts';
import { groupByPriority, type EventPlan } from './priority-groups.ts';

/** The handlers of one event type, and the plans made of them. */
interface EventHandlers {
  readonly bus: Set<RegisteredEventHandler>;
  readonly sessions: Map<SessionId, Set<RegisteredEventHandler>>;
  busPlan: EventPlan | undefined;
  readonly sessionPlans: Map<SessionId, EventPlan>;
}

/** Knows the handlers. Plans are made when first asked for and kept until a registration changes them. */
export class HandlerRegistry {
  readonly #changed: () => void;
  readonly #definitions = new Map<string, AnyDefinition>();
  readonly #commands = new Map<string, Map<SessionId, RegisteredCommandHandler>>();
  readonly #events = new Map<string, EventHandlers>();
  /** What each session registered, so that its end costs no search. */
  readonly #ofSession = new Map<SessionId, Set<Disposable>>();
  #anyEvent: EventHandlers = createEventHandlers();
  #order = 0;
  #busCount = 0;
  #sessionCount = 0;
  #handlesBusEvents = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get counts(): { readonly bus: number; readonly sessions: number } {
    return { bus: this.#busCount, sessions: this.#sessionCount };
  }

  /** The message types that are known here, by a handler or by name. */
  get knownTypes(): string[] {
    return [...this.#definitions.keys()].filter((type) => type !== anyEvent.type);
  }

  /** Handlers of the bus's own events are registered: only then are such events made for single commands. */
  get handlesBusEvents(): boolean {
    return this.#handlesBusEvents;
  }

  /** A handler for every event is registered: every type counts as known. */
  get knowsEveryEvent(): boolean {
    return this.#anyEvent.bus.size + this.#anyEvent.sessions.size > 0;
  }

  /** @throws DuplicateDefinitionError */
  know(definition: AnyDefinition): void {
    const known = this.#definitions.get(definition.type);
    if (known && known !== definition) throw new DuplicateDefinitionError(definition.type);
    this.#definitions.set(definition.type, definition);
  }

  definition(type: string): AnyDefinition | undefined {
    return this.#definitions.get(type);
  }

  addCommandHandler(
    definition: CommandDefinition,
    handle: CommandHandler,
    options: CommandHandlerOptions = {},
  ): Disposable {
    checkRegistration(definition?.kind === 'command', definition, { handle, ...options });
    this.know(definition);
    const sessionId = options.sessionId ?? BUS_SCOPE;
    const handlers =
      this.#commands.get(definition.type) ?? new Map<SessionId, RegisteredCommandHandler>();
    if (handlers.has(sessionId)) throw new DuplicateCommandHandlerError(definition.type, sessionId);

    const name = nameOf(handle, definition, options);
    handlers.set(sessionId, { definition, name, handle, sessionId, timeoutMs: options.timeoutMs });
    this.#commands.set(definition.type, handlers);
    return this.#registered(sessionId, () => {
      handlers.delete(sessionId);
      if (handlers.size === 0) this.#commands.delete(definition.type);
    });
  }

  addEventHandler(
    definition: EventDefinition,
    handle: EventHandler,
    options: EventHandlerOptions = {},
  ): Disposable {
    checkRegistration(definition?.kind === 'event', definition, { handle, ...options });
    this.know(definition);
    const sessionId = options.sessionId ?? BUS_SCOPE;
    const registered: RegisteredEventHandler = {
      definition,
      name: nameOf(handle, definition, options),
      handle,
      sessionId,
      priority: options.priority ?? HandlerPriority.NORMAL,
      timeoutMs: options.timeoutMs,
      order: this.#order++,
    };

    if (isBusEventType(definition.type)) this.#handlesBusEvents = true;
    const handlers = this.#handlersOf(definition);
    scopeOf(handlers, sessionId).add(registered);
    this.#replan(definition, sessionId);
    return this.#registered(sessionId, () => {
      const scope = scopeOf(handlers, sessionId);
      scope.delete(registered);
      if (scope.size === 0) handlers.sessions.delete(sessionId);
      this.#replan(definition, sessionId);
    });
  }

  /** The session's handler, else the bus's. */
  commandHandler(type: string, sessionId: SessionId): RegisteredCommandHandler | undefined {
    const handlers = this.#commands.get(type);
    if (!handlers) return undefined;
    return sessionId === BUS_SCOPE
      ? handlers.get(BUS_SCOPE)
      : (handlers.get(sessionId) ?? handlers.get(BUS_SCOPE));
  }

  /** The handlers of an event, in groups of one priority, in the order in which they run. */
  eventPlan({ type, sessionId }: Pick<EventMessage, 'type' | 'sessionId'>): EventPlan {
    const handlers = this.#events.get(type) ?? this.#anyEvent;
    if (!hasSession(handlers, sessionId) && !hasSession(this.#anyEvent, sessionId))
      return (handlers.busPlan ??= groupByPriority(this.#collect(handlers)));

    let plan = handlers.sessionPlans.get(sessionId);
    if (!plan) {
      plan = groupByPriority(this.#collect(handlers, sessionId));
      handlers.sessionPlans.set(sessionId, plan);
    }
    return plan;
  }

  /** Somebody would see an event of this type in this session, apart from handlers of every event. */
  handles(type: string, sessionId: SessionId): boolean {
    const handlers = this.#events.get(type);
    return handlers !== undefined && (handlers.bus.size > 0 || handlers.sessions.has(sessionId));
  }

  removeSession(sessionId: SessionId): void {
    for (const registration of this.#ofSession.get(sessionId) ?? []) registration[Symbol.dispose]();
  }

  clear(): void {
    this.#definitions.clear();
    this.#commands.clear();
    this.#events.clear();
    // Whoever still holds a registration must not take back, with it, one that comes later.
    for (const registrations of this.#ofSession.values()) registrations.clear();
    this.#ofSession.clear();
    this.#anyEvent = createEventHandlers();
    this.#busCount = 0;
    this.#sessionCount = 0;
    this.#handlesBusEvents = false;
  }

  #handlersOf(definition: EventDefinition): EventHandlers {
    if (definition.type === anyEvent.type) return this.#anyEvent;
    let handlers = this.#events.get(definition.type);
    if (!handlers) {
      handlers = createEventHandlers();
      this.#events.set(definition.type, handlers);
    }
    return handlers;
  }

  *#collect(handlers: EventHandlers, sessionId?: SessionId): Iterable<RegisteredEventHandler> {
    const sources = handlers === this.#anyEvent ? [handlers] : [handlers, this.#anyEvent];
    for (const source of sources) {
      yield* source.bus;
      if (sessionId !== undefined) yield* source.sessions.get(sessionId) ?? [];
    }
  }

  #replan(definition: EventDefinition, sessionId: SessionId): void {
    const forEveryType = definition.type === anyEvent.type;
    const affected = forEveryType
      ? [...this.#events.values(), this.#anyEvent]
      : [this.#handlersOf(definition)];
    for (const handlers of affected) {
      if (sessionId === BUS_SCOPE) {
        handlers.busPlan = undefined;
        handlers.sessionPlans.clear();
      } else handlers.sessionPlans.delete(sessionId);
    }
  }

  #registered(sessionId: SessionId, unregister: () => void): Disposable {
    const ofSession = this.#ofSession.get(sessionId) ?? new Set<Disposable>();
    const registration = {
      [Symbol.dispose]: () => {
        if (!ofSession.delete(registration)) return;
        if (ofSession.size === 0 && this.#ofSession.get(sessionId) === ofSession)
          this.#ofSession.delete(sessionId);
        unregister();
        this.#count(sessionId, -1);
      },
    };
    ofSession.add(registration);
    this.#ofSession.set(sessionId, ofSession);
    this.#count(sessionId, 1);
    return registration;
  }

  #count(sessionId: SessionId, change: 1 | -1): void {
    if (sessionId === BUS_SCOPE) this.#busCount += change;
    else this.#sessionCount += change;
    this.#changed();
  }
}

function hasSession({ sessions }: EventHandlers, sessionId: SessionId): boolean {
  return sessions.size > 0 && sessions.has(sessionId);
}

function createEventHandlers(): EventHandlers {
  return { bus: new Set(), sessions: new Map(), busPlan: undefined, sessionPlans: new Map() };
}

function scopeOf(handlers: EventHandlers, sessionId: SessionId): Set<RegisteredEventHandler> {
  if (sessionId === BUS_SCOPE) return handlers.bus;
  let scope = handlers.sessions.get(sessionId);
  if (!scope) {
    scope = new Set();
    handlers.sessions.set(sessionId, scope);
  }
  return scope;
}

function nameOf(
  handle: { readonly name: string },
  definition: AnyDefinition,
  { name }: CommandHandlerOptions,
): string {
  return name ?? (handle.name || `handler of ${definition.type}`);
}

/** @throws InvalidOptionsError with all problems at once */
function checkRegistration(
  isRightKind: boolean,
  definition: AnyDefinition,
  { handle, sessionId, timeoutMs, priority, name }: EventHandlerOptions & { handle: unknown },
): void {
  const problems: string[] = [];
  if (!isRightKind)
    problems.push(
      'it takes a definition, made by defineCommand for command handlers and by defineEvent for event handlers',
    );
  if (typeof handle !== 'function')
    problems.push(`the handler must be a function, got ${typeof handle}`);
  if (sessionId !== undefined && !isText(sessionId))
    problems.push('sessionId must be a non-empty string');
  if (name !== undefined && !isText(name)) problems.push('name must be a non-empty string');
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0))
    problems.push(`timeoutMs must be above 0, got ${String(timeoutMs)}`);
  if (priority !== undefined && !Number.isFinite(priority)) {
    problems.push(`priority must be a finite number, got ${String(priority)}`);
  }
  if (problems.length === 0) return;
  throw new InvalidOptionsError(`register a handler of '${definition?.type}'`, problems);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
