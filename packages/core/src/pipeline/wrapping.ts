import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import { NestedRetryError } from '../handler/handler-errors.ts';
import type { CommandResult } from '../message/command-result.ts';
import type { Clock } from '../timing/clock.ts';
import { commandOnion, eventOnion, type EventOutcome } from './compose.ts';
import type {
  AttemptWrapper,
  CommandCall,
  CommandInvoker,
  CommandMiddleware,
  EventCall,
  EventInvoker,
  EventMiddleware,
} from './middleware.ts';
import { PassClock } from './pass-clock.ts';
import type { Onion } from './passage.ts';

/** What may wrap, of an observability manager. */
type ManagerLayers = Partial<CommandMiddleware & EventMiddleware & AttemptWrapper>;

/** Everything that wraps handlers, composed anew only when it changes. Undefined onions: nothing wraps. */
export class Wrapping {
  readonly commandInvoker: CommandInvoker | undefined;
  readonly eventInvoker: EventInvoker | undefined;
  readonly clock: PassClock;
  readonly #allowNestedRetry: boolean;
  #commandLayers: readonly CommandMiddleware[] = [];
  #eventLayers: readonly EventMiddleware[] = [];
  #manager: ManagerLayers | undefined;
  commandOnion: Onion<CommandCall, CommandResult> | undefined;
  eventOnion: Onion<EventCall, EventOutcome> | undefined;
  attemptWrapper: AttemptWrapper | undefined;

  constructor(
    { invoker, eventInvoker, allowNestedRetry = false }: MessageBusOptions,
    clock: Clock,
  ) {
    this.clock = new PassClock(clock);
    this.commandInvoker = invoker;
    this.eventInvoker = eventInvoker;
    this.#allowNestedRetry = allowNestedRetry;
  }

  /** @throws NestedRetryError */
  addCommandMiddleware(layer: CommandMiddleware): Disposable {
    if (layer.repeats && this.commandInvoker?.retries && !this.#allowNestedRetry)
      throw new NestedRetryError(layer.name);
    return this.#added(
      () => [...this.#commandLayers, layer],
      () => without(this.#commandLayers, layer),
      (layers) => {
        this.#commandLayers = layers;
      },
    );
  }

  addEventMiddleware(layer: EventMiddleware): Disposable {
    return this.#added(
      () => [...this.#eventLayers, layer],
      () => without(this.#eventLayers, layer),
      (layers) => {
        this.#eventLayers = layers;
      },
    );
  }

  /** Sets the outermost layer of both kinds, and what wraps attempts. */
  setManager(manager: ManagerLayers | undefined): void {
    this.#manager = manager;
    this.#compose();
  }

  get manager(): ManagerLayers | undefined {
    return this.#manager;
  }

  clear(): void {
    this.#commandLayers = [];
    this.#eventLayers = [];
    this.setManager(undefined);
  }

  #added<Layer>(
    add: () => readonly Layer[],
    remove: () => readonly Layer[],
    set: (layers: readonly Layer[]) => void,
  ): Disposable {
    let present = true;
    set(add());
    this.#compose();
    return {
      [Symbol.dispose]: () => {
        if (!present) return;
        present = false;
        set(remove());
        this.#compose();
      },
    };
  }

  #compose(): void {
    const { aroundCommand, aroundEvent, aroundAttempt } = this.#manager ?? {};
    const manager = this.#manager as CommandMiddleware & EventMiddleware & AttemptWrapper;
    const commandLayers = aroundCommand ? [manager, ...this.#commandLayers] : this.#commandLayers;
    const eventLayers = aroundEvent ? [manager, ...this.#eventLayers] : this.#eventLayers;
    this.commandOnion =
      commandLayers.length > 0 ? commandOnion(commandLayers, this.clock) : undefined;
    this.eventOnion = eventLayers.length > 0 ? eventOnion(eventLayers, this.clock) : undefined;
    this.attemptWrapper = aroundAttempt ? manager : undefined;
  }
}

/** Without the last occurrence: the same middleware may be there twice. */
function without<Layer>(layers: readonly Layer[], layer: Layer): readonly Layer[] {
  return layers.toSpliced(layers.lastIndexOf(layer), 1);
}
