import { MiddlewareMisuseError } from '../handler/handler-errors.ts';
import { isThenable } from './is-thenable.ts';
import type { PassClock } from './pass-clock.ts';

/** What every kind of middleware says of itself. */
interface Layer {
  readonly name: string;
  readonly repeats?: boolean;
}

/** Hears once how something ended. */
export interface OutcomeReceiver<Outcome> {
  ended(outcome: Outcome): void;
}

/** What is inside all layers. */
export interface Innermost<Call, Outcome> {
  begin(call: Call, receiver: OutcomeReceiver<Outcome>): void;
}

/** A function that a layer gave, to be called with the outcome. */
export type Finish = (...parameters: never[]) => unknown;

/** Layers, first outermost, and what differs between those of commands and those of events. */
export interface Onion<Call, Outcome> {
  readonly layers: readonly Layer[];
  readonly clock: PassClock;
  /** Calls a layer. */
  enter(index: number, call: Call, next: () => Promise<unknown>): unknown;
  /** The outcome by what a layer gave, or its promise resolved to. */
  accept(given: unknown, index: number, call: Call): Outcome;
  /** Calls the function that a layer gave. */
  finish(finish: Finish, outcome: Outcome): unknown;
  /** The outcome by what that function gave, or its promise resolved to. */
  acceptFinished(given: unknown, outcome: Outcome, at: { index: number; call: Call }): Outcome;
  /** The outcome of what threw. */
  failed(thrown: unknown, call: Call): Outcome;
  /** Settles what `next` gave. */
  settle(
    outcome: Outcome,
    resolve: (value: unknown) => void,
    reject: (thrown: unknown) => void,
  ): void;
}

/**
 * One call on its way through the layers of an onion and out again. Layers that give a function cost no promise. One
 * that gives a promise ends the passage inwards: its `next` is another passage, through the layers inside it.
 */
export class Passage<Call, Outcome> implements OutcomeReceiver<Outcome> {
  readonly #onion: Onion<Call, Outcome>;
  readonly #call: Call;
  readonly #innermost: Innermost<Call, Outcome>;
  readonly #finishes: Finish[];
  #receiver: OutcomeReceiver<Outcome> | undefined = undefined;
  #first = 0;
  /** The layer whose turn it is. */
  #current = 0;
  /** Its `next` may not be called now. */
  #isInside = false;
  /** What its `next` gave. */
  #given: Promise<unknown> | undefined = undefined;
  /** What the first layer handed on of it. */
  #handedOn: Promise<unknown> | undefined = undefined;
  #ended: { readonly outcome: Outcome } | undefined = undefined;

  /** What the layer whose turn it is calls to go on inwards. */
  readonly #next = (): Promise<unknown> => {
    const index = this.#current;
    const layer = this.#onion.layers[index];
    if (!layer || this.#isInside) return calledTooOften(layer ?? this.#onion.layers.at(-1)!);
    this.#isInside = true;
    const inner = new Passage(this.#onion, this.#call, this.#innermost);
    const given = inner.#outcomeFrom(index + 1);
    this.#given = given;
    if (layer.repeats) {
      const settled = (): void => {
        if (this.#current === index) this.#isInside = false; // before anybody else hears of it
      };
      given.then(settled, settled);
    }
    return given;
  };

  constructor(onion: Onion<Call, Outcome>, call: Call, innermost: Innermost<Call, Outcome>) {
    this.#onion = onion;
    this.#call = call;
    this.#innermost = innermost;
    // oxlint-disable-next-line unicorn/no-new-array -- for every call; Array.from takes a hundred times as long
    this.#finishes = new Array<Finish>(onion.layers.length);
  }

  begin(receiver: OutcomeReceiver<Outcome>): void {
    this.#receiver = receiver;
    this.#enter();
  }

  ended(outcome: Outcome): void {
    this.#leave(outcome);
  }

  #enter(): void {
    const onion = this.#onion;
    const { clock, layers } = onion;
    clock.beginPass();
    for (; this.#current < layers.length; this.#current++) {
      const index = this.#current;
      try {
        const given = onion.enter(index, this.#call, this.#next);
        if (typeof given !== 'function') return this.#await(given);
        if (this.#isInside) throw new MiddlewareMisuseError(layers[index]!.name, calledToo);
        this.#finishes[index] = given as Finish;
      } catch (thrown) {
        return this.#leave(onion.failed(thrown, this.#call));
      }
    }
    clock.endPass();
    this.#innermost.begin(this.#call, this);
  }

  /** Goes on outwards from the layer whose turn it was. */
  #leave(left: Outcome): void {
    const onion = this.#onion;
    let outcome = left;
    onion.clock.beginPass();
    while (--this.#current >= this.#first) {
      const index = this.#current;
      this.#isInside = onion.layers[index]!.repeats !== true;
      try {
        const finished = onion.finish(this.#finishes[index]!, outcome);
        if (finished === outcome) continue;
        if (isThenable(finished)) return this.#awaitFinish(finished, outcome);
        outcome = onion.acceptFinished(finished, outcome, { index, call: this.#call });
      } catch (thrown) {
        outcome = onion.failed(thrown, this.#call);
      }
    }
    onion.clock.endPass();
    if (this.#receiver) this.#receiver.ended(outcome);
    else this.#ended = { outcome };
  }

  #await(given: unknown): void {
    this.#onion.clock.endPass();
    const call = this.#call;
    const index = this.#current;
    if (!isThenable(given)) this.#leave(this.#onion.accept(given, index, call));
    else if (given === this.#given && index === this.#first && !this.#receiver) {
      this.#handedOn = this.#given;
    } else {
      Promise.resolve(given).then(
        (value) => this.#leave(this.#onion.accept(value, index, call)),
        (thrown: unknown) => this.#leave(this.#onion.failed(thrown, call)),
      );
    }
  }

  #awaitFinish(finished: PromiseLike<unknown>, outcome: Outcome): void {
    const onion = this.#onion;
    const at = { index: this.#current, call: this.#call };
    onion.clock.endPass();
    Promise.resolve(finished).then(
      (value) => this.#leave(onion.acceptFinished(value, outcome, at)),
      (thrown: unknown) => this.#leave(onion.failed(thrown, at.call)),
    );
  }

  #outcomeFrom(first: number): Promise<unknown> {
    this.#first = first;
    this.#current = first;
    this.#enter();
    if (this.#handedOn) return this.#handedOn;
    return contained(
      new Promise((resolve, reject) => {
        const settled = (outcome: Outcome): void => this.#onion.settle(outcome, resolve, reject);
        if (this.#ended) settled(this.#ended.outcome);
        else this.#receiver = { ended: settled };
      }),
    );
  }
}

const calledToo = 'called next() and returned a function. Do one of the two.';

/** The refusal of a call that comes too early or once too often. */
function calledTooOften({ name, repeats }: Layer): Promise<never> {
  const problem = repeats
    ? 'called next() while the call before had not settled.'
    : 'called next() twice. Declare repeats: true to call it again after it has settled.';
  return contained(Promise.reject(new MiddlewareMisuseError(name, problem)));
}

/** A middleware that does not wait for what it called must not crash the process; handlers report their failures themselves. */
function contained<T>(called: Promise<T>): Promise<T> {
  called.catch(() => {});
  return called;
}
