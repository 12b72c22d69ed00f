import type { StandardSchemaV1 as Schema } from '@standard-schema/spec';
import type { SessionId } from './session-id.ts';

/** What every message carries besides its data: plain, readonly, JSON-safe. */
export interface Envelope<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** Version of the shape of `data`, starting at 1. */
  readonly version: number;
  /** UUIDv7: sorts by the time it was made. */
  readonly id: string;
  readonly data: Data;
  readonly sessionId: SessionId;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Shared by all messages of one conversation; the own id of the message that began it. */
  readonly correlationId: string;
  /** Id of the message whose handling caused this one. */
  readonly causationId?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

declare const resultType: unique symbol;

/** Asks for something: exactly one handler, one result. */
export interface CommandMessage<
  Type extends string = string,
  Data = unknown,
  Result = unknown,
> extends Envelope<Type, Data> {
  readonly kind: 'command';
  /** Carries the result's type for the compiler; never present at run time. */
  readonly [resultType]?: Result;
}

/** Tells that something happened: any number of handlers. */
export interface EventMessage<Type extends string = string, Data = unknown> extends Envelope<
  Type,
  Data
> {
  readonly kind: 'event';
  /** Held back until this instant (epoch milliseconds). */
  readonly scheduledAt?: number;
  /** May be evicted when the queue is under pressure. */
  readonly lossy?: true;
  /** `'none'`, or `'key:'` and the lane's key; absent means the session's lane. */
  readonly lane?: string;
}

/** A command or an event. */
export type AnyMessage = CommandMessage | EventMessage;

/** The type of a command's result. */
export type ResultOf<C extends CommandMessage> =
  C extends CommandMessage<string, unknown, infer Result> ? Result : never;

/** What a caller may set on a command besides its data. */
export interface CommandOptions {
  /** @default a new UUIDv7 */
  readonly id?: string;
  /** @default BUS_SCOPE */
  readonly sessionId?: SessionId;
  /** @default the message's own id */
  readonly correlationId?: string;
  /**
   * Epoch milliseconds.
   * @default now
   */
  readonly createdAt?: number;
  /** @default {} */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a caller may set on an event besides its data. */
export interface EventOptions extends CommandOptions {
  /**
   * Holds the event back until this instant (epoch milliseconds).
   * @default at once
   */
  readonly scheduledAt?: number;
}

/* oxlint-disable typescript/no-explicit-any -- each upcast knows the data of its version; the defaults of a definition stand for every one */

/** Raises data of an older version, by the version it comes from, to the next one. */
export type Upcasts = Readonly<Record<number, (data: any) => unknown>>;

/** Data may be left out when every field of it has a default. */
type CreateWith<Input, Options> = [Input] extends [void]
  ? [data?: undefined, options?: Options]
  : {} extends Input
    ? [data?: Input, options?: Options]
    : [data: Input, options?: Options];

/** Makes and identifies the commands of one type. */
export interface CommandDefinition<
  Type extends string = string,
  Data extends Schema = any,
  Result extends Schema = any,
> {
  (
    ...args: CreateWith<Schema.InferInput<Data>, CommandOptions>
  ): CommandMessage<Type, Schema.InferOutput<Data>, Schema.InferOutput<Result>>;
  readonly kind: 'command';
  readonly type: Type;
  readonly data: Data;
  /** For types and documentation; results are not validated. */
  readonly result: Result | undefined;
  readonly version: number;
  readonly upcast: Upcasts;
  /** False: nothing may run this command's handler a second time. */
  readonly retry: boolean;
  /** Narrows a message to this definition's type. */
  is(
    message: AnyMessage,
  ): message is CommandMessage<Type, Schema.InferOutput<Data>, Schema.InferOutput<Result>>;
}

/** Makes and identifies the events of one type. */
export interface EventDefinition<Type extends string = string, Data extends Schema = any> {
  (
    ...args: CreateWith<Schema.InferInput<Data>, EventOptions>
  ): EventMessage<Type, Schema.InferOutput<Data>>;
  readonly kind: 'event';
  readonly type: Type;
  readonly data: Data;
  readonly version: number;
  readonly upcast: Upcasts;
  readonly lossy: boolean;
  /** Narrows a message to this definition's type. */
  is(message: AnyMessage): message is EventMessage<Type, Schema.InferOutput<Data>>;
}

/* oxlint-enable typescript/no-explicit-any */

/** A command's or an event's definition. */
export type AnyDefinition = CommandDefinition | EventDefinition;

/** The message that a definition makes. */
export type MessageOf<Definition extends (...args: never) => unknown> = ReturnType<Definition>;
