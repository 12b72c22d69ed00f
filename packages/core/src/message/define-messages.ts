import type { StandardSchemaV1 as Schema } from '@standard-schema/spec';
import { InvalidOptionsError } from '../errors.ts';
import { InvalidMessageError } from './message-errors.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import { ANY_TYPE, checkShape } from './check-shape.ts';
import { checkOptions, createDataReader } from './create-envelope.ts';
import { createMessageIds, type FillRandom, type MessageIds } from './message-id.ts';
import type {
  AnyMessage,
  CommandDefinition,
  CommandOptions,
  EventDefinition,
  EventMessage,
  EventOptions,
  Upcasts,
} from './message.ts';
import { BUS_SCOPE } from './session-id.ts';
import { typeOnly } from './type-only.ts';

/** What commands of one type look like. */
export interface CommandShape<Data extends Schema, Result extends Schema> {
  /** Any Standard Schema that validates synchronously. */
  readonly data: Data;
  /**
   * The result's type; not validated at run time.
   * @default nothing
   */
  readonly result?: Result;
  /**
   * False: nothing may run this command's handler a second time.
   * @default true
   */
  readonly retry?: false;
  /** @default 1 */
  readonly version?: number;
  /** Raises stored data of older versions. */
  readonly upcast?: Upcasts;
}

/** What events of one type look like. */
export interface EventShape<Data extends Schema> {
  /** Any Standard Schema that validates synchronously. */
  readonly data: Data;
  /** The event may be evicted when the queue is under pressure. */
  readonly lossy?: true;
  /**
   * Events of one lane are handled one after another: those of the session, none (each on its own), or of a key.
   * @default 'session'
   */
  readonly lane?:
    | 'session'
    | 'none'
    | ((event: EventMessage<string, Schema.InferOutput<Data>>) => string);
  /** @default 1 */
  readonly version?: number;
  /** Raises stored data of older versions. */
  readonly upcast?: Upcasts;
}

/** Makes definitions whose messages take their time and ids from given sources. */
export interface MessageDefiner {
  /** @throws InvalidOptionsError */
  readonly defineCommand: <
    const Type extends string,
    Data extends Schema,
    Result extends Schema = Schema<void>,
  >(
    type: Type,
    shape: CommandShape<Data, Result>,
  ) => CommandDefinition<Type, Data, Result>;
  /** @throws InvalidOptionsError */
  readonly defineEvent: <const Type extends string, Data extends Schema>(
    type: Type,
    shape: EventShape<Data>,
  ) => EventDefinition<Type, Data>;
}

/** Where new messages get their time and randomness from. */
export interface MessageSources {
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default node:crypto's randomFillSync */
  readonly fillRandom?: FillRandom;
}

/** Makes `defineCommand` and `defineEvent` with a clock and randomness of your own, e.g. for reproducible ids in tests. */
export function defineMessages({
  clock = systemClock,
  fillRandom,
}: MessageSources = {}): MessageDefiner {
  const sources: EnvelopeSources = { clock, ids: createMessageIds(fillRandom) };
  const definer = {
    defineCommand: (type: string, shape: CommandShape<Schema, Schema>) =>
      createCommandDefinition(sources, type, shape),
    defineEvent: (type: string, shape: EventShape<Schema>) =>
      createEventDefinition(sources, type, shape),
  };
  return definer as unknown as MessageDefiner; // the bodies know nothing of the types that each call infers
}

/** Where envelopes get their time and ids from. */
interface EnvelopeSources {
  readonly clock: Clock;
  readonly ids: MessageIds;
}

function createCommandDefinition(
  { clock, ids }: EnvelopeSources,
  type: string,
  shape: CommandShape<Schema, Schema>,
): CommandDefinition {
  checkShape('command', type, shape);
  const readData = createDataReader('command', type, shape.data);
  const { version = 1, upcast = {}, retry = true } = shape;

  const create = (data?: unknown, options?: CommandOptions): unknown => {
    if (options) checkOptions('command', type, options);
    const now = clock.now();
    const id = options?.id ?? ids.next(now);
    return {
      kind: 'command',
      type,
      version,
      id,
      data: readData(data),
      sessionId: options?.sessionId ?? BUS_SCOPE,
      createdAt: options?.createdAt ?? now,
      correlationId: options?.correlationId ?? id,
      metadata: { ...options?.metadata },
    };
  };
  const { data, result } = shape;
  const is = (message: AnyMessage): boolean => message.kind === 'command' && message.type === type;
  const parts = { kind: 'command', type, data, result, version, upcast, retry, is };
  return Object.assign(create, parts) as unknown as CommandDefinition;
}

function createEventDefinition(
  { clock, ids }: EnvelopeSources,
  type: string,
  shape: EventShape<Schema>,
): EventDefinition {
  checkShape('event', type, shape);
  const readData = createDataReader('event', type, shape.data);
  const { version = 1, upcast = {}, lossy = false, lane } = shape;

  const create = (data?: unknown, options?: EventOptions): EventMessage => {
    if (options) checkOptions('event', type, options);
    const now = clock.now();
    const id = options?.id ?? ids.next(now);
    const event: EventUnderConstruction = {
      kind: 'event',
      type,
      version,
      id,
      data: readData(data),
      sessionId: options?.sessionId ?? BUS_SCOPE,
      createdAt: options?.createdAt ?? now,
      correlationId: options?.correlationId ?? id,
      metadata: { ...options?.metadata },
    };
    // Absent rather than undefined, so that a message is the same before and after a store.
    if (options?.scheduledAt !== undefined) event.scheduledAt = options.scheduledAt;
    if (lossy) event.lossy = true;
    if (lane) setLane(event, lane);
    return event;
  };
  const is = (message: AnyMessage): boolean => message.kind === 'event' && message.type === type;
  const parts = { kind: 'event', type, data: shape.data, version, upcast, lossy, is };
  return Object.assign(create, parts) as unknown as EventDefinition;
}

/** Its optional parts come last. */
type EventUnderConstruction = EventMessage & {
  scheduledAt?: number;
  lossy?: true;
  lane?: string;
};

function setLane(
  event: EventUnderConstruction,
  lane: NonNullable<EventShape<Schema>['lane']>,
): void {
  if (lane === 'session') return;
  if (lane === 'none') {
    event.lane = 'none';
    return;
  }
  const key: unknown = lane(event);
  if (typeof key !== 'string') {
    throw new InvalidMessageError('event', event.type, [
      { path: ['lane'], message: `expected the lane function to give a string, got ${typeof key}` },
    ]);
  }
  event.lane = `key:${key}`;
}

const defaultDefiner = defineMessages();

/**
 * Defines a type of command.
 * @throws InvalidOptionsError
 */
export const defineCommand: MessageDefiner['defineCommand'] = defaultDefiner.defineCommand;

/**
 * Defines a type of event.
 * @throws InvalidOptionsError
 */
export const defineEvent: MessageDefiner['defineEvent'] = defaultDefiner.defineEvent;

/** Registered for, it stands for every event of the scope. It makes no events itself. */
export const anyEvent: EventDefinition<string, Schema<unknown, unknown>> = Object.assign(
  () => {
    throw new InvalidOptionsError('make an event', ['anyEvent is for registering handlers only']);
  },
  {
    kind: 'event' as const,
    type: ANY_TYPE,
    data: typeOnly<unknown>(),
    version: 1,
    upcast: {},
    lossy: false,
    is: (message: AnyMessage): message is EventMessage => message.kind === 'event',
  },
);
