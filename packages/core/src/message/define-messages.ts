import type { StandardSchemaV1 as Schema } from '@standard-schema/spec';
import { InvalidMessageError, InvalidOptionsError } from '../errors.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import { checkOptions, createDataReader } from './create-envelope.ts';
import { createMessageIds, type FillRandom } from './message-id.ts';
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
  defineCommand<
    const Type extends string,
    Data extends Schema,
    Result extends Schema = Schema<void>,
  >(
    type: Type,
    shape: CommandShape<Data, Result>,
  ): CommandDefinition<Type, Data, Result>;
  /** @throws InvalidOptionsError */
  defineEvent<const Type extends string, Data extends Schema>(
    type: Type,
    shape: EventShape<Data>,
  ): EventDefinition<Type, Data>;
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
  const ids = createMessageIds(fillRandom);

  // The bodies know nothing of the types that each call infers.
  return { defineCommand, defineEvent } as unknown as MessageDefiner;

  function defineCommand(type: string, shape: CommandShape<Schema, Schema>): CommandDefinition {
    checkShape('command', type, shape);
    const readData = createDataReader('command', type, shape.data);
    const version = shape.version ?? 1;

    const create = (data?: unknown, options?: CommandOptions): unknown => {
      if (options) checkOptions('command', type, options);
      const createdAt = options?.createdAt ?? clock.now();
      const id = options?.id ?? ids.next(createdAt);
      return {
        kind: 'command',
        type,
        version,
        id,
        data: readData(data),
        sessionId: options?.sessionId ?? BUS_SCOPE,
        createdAt,
        correlationId: options?.correlationId ?? id,
        metadata: { ...options?.metadata },
      };
    };

    return Object.assign(create, {
      kind: 'command',
      type,
      data: shape.data,
      result: shape.result,
      version,
      upcast: shape.upcast ?? {},
      retry: shape.retry ?? true,
      is: (message: AnyMessage) => message.kind === 'command' && message.type === type,
    }) as unknown as CommandDefinition;
  }

  function defineEvent(type: string, shape: EventShape<Schema>): EventDefinition {
    checkShape('event', type, shape);
    const readData = createDataReader('event', type, shape.data);
    const version = shape.version ?? 1;
    const lossy = shape.lossy ?? false;

    const create = (data?: unknown, options?: EventOptions): EventMessage => {
      if (options) checkOptions('event', type, options);
      const createdAt = options?.createdAt ?? clock.now();
      const id = options?.id ?? ids.next(createdAt);
      const event = {
        kind: 'event',
        type,
        version,
        id,
        data: readData(data),
        sessionId: options?.sessionId ?? BUS_SCOPE,
        createdAt,
        correlationId: options?.correlationId ?? id,
        metadata: { ...options?.metadata },
      } as EventMessage & { scheduledAt?: number; lossy?: true; lane?: string };
      if (options?.scheduledAt !== undefined) event.scheduledAt = options.scheduledAt;
      if (lossy) event.lossy = true;
      if (shape.lane) setLane(event, shape.lane);
      return event;
    };

    return Object.assign(create, {
      kind: 'event',
      type,
      data: shape.data,
      version,
      upcast: shape.upcast ?? {},
      lossy,
      is: (message: AnyMessage) => message.kind === 'event' && message.type === type,
    }) as unknown as EventDefinition;
  }
}

function setLane(
  event: EventMessage & { lane?: string },
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

function checkShape(
  kind: 'command' | 'event',
  type: string,
  shape: { data?: unknown; lane?: unknown; version?: unknown; upcast?: object },
): void {
  const problems: string[] = [];
  if (typeof type !== 'string' || type === '') problems.push('the type must be a non-empty string');
  if (!isStandardSchema(shape?.data)) {
    problems.push('data must be a Standard Schema, e.g. of zod, or typeOnly<T>()');
  }
  const version = shape?.version ?? 1;
  if (!Number.isInteger(version) || (version as number) < 1) {
    problems.push(`version must be a whole number from 1, got ${String(version)}`);
  }
  for (const from of Object.keys(shape?.upcast ?? {})) {
    if (!(Number(from) >= 1 && Number(from) < (version as number))) {
      problems.push(`upcast from version ${from} leads to no version up to ${String(version)}`);
    }
  }
  const lane = shape?.lane ?? 'session';
  if (lane !== 'session' && lane !== 'none' && typeof lane !== 'function') {
    problems.push("lane must be 'session', 'none' or a function");
  }
  if (problems.length > 0) throw new InvalidOptionsError(`define ${kind} '${type}'`, problems);
}

function isStandardSchema(value: unknown): value is Schema {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
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
export const anyEvent: EventDefinition<'*'> = Object.assign(
  () => {
    throw new InvalidOptionsError('make an event', ['anyEvent is for registering handlers only']);
  },
  defineEvent('*', { data: typeOnly<unknown>() }),
  { is: (message: AnyMessage): message is EventMessage<'*'> => message.kind === 'event' },
);
