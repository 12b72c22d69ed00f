import { isBusEventType } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { EventQueue } from '../queue/event-queue.ts';
import type { Clock } from '../timing/clock.ts';
import { DispatchScope } from './dispatch-scope.ts';
import { EventDispatch } from './event-dispatch.ts';
import type { IoTurn } from './io-turn.ts';
import type { PendingEvent } from './pending-event.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { WaitingTime } from './waiting-time.ts';

/** How many events one turn of the pump takes, and how long a batch may fill first. */
export interface Batch {
  readonly size: number;
  readonly timeoutMs: number;
}

/** What the pump needs of the bus. */
export interface EventPumpOptions {
  readonly queue: EventQueue;
  readonly clock: Clock;
  readonly ioTurn: IoTurn;
  readonly concurrency: number;
  readonly batch: Batch;
  readonly parts: PipelineParts;
  readonly waiting: WaitingTime;
}

const noWait = Promise.resolve();

/** Takes events out of the queue and dispatches them, lanes side by side. */
export class EventPump {
  batch: Batch;
  readonly #queue: EventQueue;
  readonly #clock: Clock;
  readonly #ioTurn: IoTurn;
  readonly #concurrency: number;
  readonly #parts: PipelineParts;
  readonly #waiting: WaitingTime;
  readonly #turnLater = (): void => this.#turn();
  #running = false;
  /** A turn is about to come. */
  #awake = false;
  #inTurn = false;
  #inFlight = 0;
  #filling: Disposable | undefined;
  #isDraining = false;

  constructor({ queue, clock, ioTurn, concurrency, batch, parts, waiting }: EventPumpOptions) {
    this.batch = batch;
    this.#queue = queue;
    this.#clock = clock;
    this.#ioTurn = ioTurn;
    this.#concurrency = concurrency;
    this.#parts = parts;
    this.#waiting = waiting;
  }

  start(): void {
    this.#running = true;
    this.#isDraining = false;
    this.wake();
  }

  /** From now on no batch is left to fill. */
  drain(): void {
    this.#isDraining = true;
    this.flush();
  }

  pause(): void {
    this.#running = false;
    this.#stopFilling();
  }

  /** Something is in the queue, or a lane has become free. */
  wake(): void {
    if (!this.#running || this.#awake || this.#inTurn || this.#mayFill()) return;
    this.#awake = true;
    void noWait.then(this.#turnLater);
  }

  /** Takes a batch at once that was left to fill. */
  flush(): void {
    this.#stopFilling();
    if (!this.#running || this.#awake || this.#inTurn) return;
    this.#awake = true;
    void noWait.then(this.#turnLater);
  }

  /** An event has been dispatched: its lane may go on. */
  finished(entry: PendingEvent, receipt: PublishReceipt): void {
    this.#inFlight--;
    this.#queue.release(entry);
    entry.settle(receipt);
    if (this.#inTurn || this.#awake || !this.#running) return;
    if (this.#queue.size > 0) this.#turn();
  }

  #mayFill(): boolean {
    const { size, timeoutMs } = this.batch;
    if (timeoutMs === 0 || this.#isDraining || this.#queue.size >= size) {
      this.#stopFilling();
      return false;
    }
    this.#filling ??= this.#clock.setTimer(() => this.flush(), timeoutMs);
    return true;
  }

  #stopFilling(): void {
    this.#filling?.[Symbol.dispose]();
    this.#filling = undefined;
  }

  #turn(): void {
    this.#awake = false;
    if (!this.#running) return;
    this.#inTurn = true;
    const goesOn = this.#takeBatch();
    this.#inTurn = false;
    if (goesOn && this.#queue.size > 0) this.flush();
  }

  /** False: nothing more can be taken now. */
  #takeBatch(): boolean {
    for (let taken = 0; taken < this.batch.size; taken++) {
      if (this.#inFlight >= this.#concurrency || this.#queue.size === 0) return false;
      if (!this.#ioTurn.mayGoOn()) {
        this.#awake = true;
        void this.#ioTurn.ends.then(this.#turnLater);
        return false;
      }
      const entry = this.#queue.next();
      if (!entry) return false;
      this.#begin(entry as PendingEvent); // the queue gives back what the bus put in
    }
    return true;
  }

  #begin(entry: PendingEvent): void {
    this.#waiting.leave(entry);
    if (entry.session?.dropsQueued && !isBusEventType(entry.event.type)) {
      this.#queue.release(entry);
      entry.settle({ status: 'dropped', reason: 'aborted' });
      return;
    }
    this.#inFlight++;
    const scope = new DispatchScope(entry.event, undefined, entry.quiet);
    scope.generation = entry.generation;
    const dispatch = new EventDispatch(scope, this.#parts, entry);
    if (entry.isClaimed) entry.dispatch = dispatch;
    // Where nobody hears of it, nobody can tell whose async context it is.
    if (dispatch.isUnheard) dispatch.start();
    else entry.publisher.runInAsyncScope(enterAndStart, undefined, this.#parts, dispatch);
  }
}

/** Its async context is thrown away after that, so the scope need not be left again. */
function enterAndStart({ scopes }: PipelineParts, dispatch: EventDispatch): void {
  scopes.enter(dispatch.scope);
  dispatch.start();
}
