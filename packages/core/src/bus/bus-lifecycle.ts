import { BusStoppedError } from './bus-errors.ts';
import type { EventLogging } from '../pipeline/event-logging.ts';
import type { EventPump } from '../pipeline/event-pump.ts';
import type { DispatchScope } from '../pipeline/dispatch-scope.ts';
import type { CommandInvoker } from '../pipeline/middleware.ts';
import type { RunningScopes } from '../pipeline/running-scopes.ts';
import type { EventQueue } from '../queue/event-queue.ts';
import type { EventScheduler } from '../queue/event-scheduler.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { Clock } from '../timing/clock.ts';
import type { Admission } from './admission.ts';
import type { BusSessions } from './bus-sessions.ts';
import type { StopReport } from './message-bus.ts';

/** What starting and stopping need of the bus. */
export interface BusLifecycleOptions {
  readonly admission: Admission;
  readonly pump: EventPump;
  readonly scheduler: EventScheduler;
  readonly sessions: BusSessions;
  readonly scopes: RunningScopes;
  readonly queue: EventQueue;
  readonly signals: SignalHub;
  readonly logging: EventLogging;
  readonly invoker: CommandInvoker | undefined;
  readonly clock: Clock;
}

/** What is left over by the deadline. */
type Leftovers = { -readonly [Key in keyof StopReport]: number };

/** Starts and stops the bus. Everything may be called at any time, any number of times, together. */
export class BusLifecycle {
  readonly #options: BusLifecycleOptions;
  #stopping: Promise<StopReport> | undefined;
  /** What a reset asks for, to be done as the bus stops. */
  #forget: (() => void) | undefined;
  /** Ends the chains that stopped the bus from inside. */
  #lastDeadline: Disposable | undefined;

  constructor(options: BusLifecycleOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { admission, scheduler, scopes, pump, signals, clock } = this.#options;
    const scope = scopes.current;
    for (let stopping = this.#stopping; stopping; stopping = this.#stopping) {
      await scopes.waiting(scope, () => stopping);
    }
    if (admission.phase === 'running') return;
    admission.phase = 'running';
    this.#lastDeadline?.[Symbol.dispose]();
    if (signals.active) signals.emit({ type: 'bus.started', at: clock.now() });
    scheduler.start();
    pump.start();
  }

  stop(deadlineMs: number): Promise<StopReport> {
    const { admission, scopes } = this.#options;
    if (this.#stopping === undefined && admission.phase === 'stopped') {
      return Promise.resolve({ dropped: 0, abandoned: 0 });
    }
    // Two handlers that both stop the bus must not wait for each other.
    return scopes.waiting(scopes.current, () => {
      this.#stopping ??= this.#stop(deadlineMs).finally(() => {
        this.#stopping = undefined;
      });
      return this.#stopping;
    });
  }

  /** Stops and forgets in one step, so that nobody starts the bus in between. */
  async reset(deadlineMs: number, forget: () => void): Promise<void> {
    this.#forget = forget;
    await this.stop(deadlineMs);
    this.#forgetIfAsked();
  }

  async #stop(deadlineMs: number): Promise<StopReport> {
    const { admission, pump, scheduler, clock } = this.#options;
    const left: Leftovers = { dropped: 0, abandoned: 0 };
    const expiresAt = clock.monotonic() + deadlineMs;
    const deadline = this.#untilExpired(deadlineMs, left);
    const wasIdle = admission.phase === 'idle';
    admission.phase = 'stopping';
    scheduler.pause();

    if (wasIdle) this.#drop(left);
    else pump.drain();
    await this.#drained(deadline);
    do {
      await this.#options.sessions.endAll(Math.max(0, expiresAt - clock.monotonic()));
      await this.#drained(deadline);
    } while (this.#hasOpenSessions()); // what still ran may have opened some
    await Promise.race([scheduler.idle(), deadline.expired]);
    pump.pause();
    this.#abandon(left);
    return this.#stopped(left, { deadline, deadlineMs });
  }

  async #stopped(
    left: Leftovers,
    { deadline, deadlineMs }: { deadline: StopDeadline; deadlineMs: number },
  ): Promise<StopReport> {
    const { admission, signals, clock } = this.#options;
    admission.phase = 'stopped';
    if (signals.active) signals.emit({ type: 'bus.stopped', at: clock.now(), ...left });
    await this.#flushInvoker(deadline);
    await Promise.race([this.#flush(), deadline.expired]);
    deadline[Symbol.dispose]();
    this.#limitWaiting(deadlineMs);
    this.#forgetIfAsked();
    return left;
  }

  /** At the deadline everything is abandoned; what that causes has one more turn of the event loop. */
  #untilExpired(deadlineMs: number, left: Leftovers): StopDeadline {
    const { clock, scopes } = this.#options;
    let resolveExpired = (): void => {};
    const expired = new Promise<void>((resolve) => {
      resolveExpired = resolve;
    });
    const deadline = {
      isOver: false,
      expired,
      [Symbol.dispose]: () => timer[Symbol.dispose](),
    };
    let timer = clock.setTimer(() => {
      this.#abandon(left);
      timer = clock.setTimer(() => {
        deadline.isOver = true;
        this.#abandon(left);
        this.#options.logging.release();
        resolveExpired();
        scopes.changed();
      }, 0);
    }, deadlineMs);
    return deadline;
  }

  /** Waits for what is queued and for what runs, apart from those that wait for this very stop. */
  #drained(deadline: StopDeadline): Promise<void> {
    const { scopes, queue } = this.#options;
    return scopes.until(
      () => deadline.isOver || (queue.size === 0 && this.#running().length === 0),
    );
  }

  #hasOpenSessions(): boolean {
    return [...this.#options.admission.sessions.values()].some(({ phase }) => phase === 'open');
  }

  /** Settles everybody who still waits. */
  #abandon(left: Leftovers): void {
    this.#drop(left);
    const reason = new BusStoppedError();
    for (const scope of this.#running()) {
      left.abandoned++;
      scope.owner?.abort(reason);
    }
    this.#options.scopes.changed();
  }

  #drop(left: Leftovers): void {
    for (const entry of this.#options.queue.remove(() => true)) {
      left.dropped++;
      entry.settle({ status: 'dropped', reason: 'stopped' });
    }
  }

  #running(): DispatchScope[] {
    return this.#options.scopes.filter((scope) => scope.waits === 0);
  }

  /** Handlers that stopped the bus go on after it; what never ends among them must leave nobody waiting. */
  #limitWaiting(deadlineMs: number): void {
    const { scopes, clock } = this.#options;
    const chains = scopes.filter(() => true);
    if (chains.length === 0) return;
    const timer = clock.setTimer(() => {
      for (const scope of chains) if (scope.open) scope.owner?.abort(new BusStoppedError());
    }, deadlineMs);
    this.#lastDeadline = timer;
    void scopes
      .until(() => chains.every((scope) => !scope.open))
      .then(() => timer[Symbol.dispose]());
  }

  #forgetIfAsked(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  /** What was cut off at the deadline is given to the invoker only then: it has a little longer to store it. */
  async #flushInvoker(deadline: StopDeadline): Promise<void> {
    const { invoker, clock } = this.#options;
    if (!invoker?.flush) return;
    let timer: Disposable | undefined;
    let isFlushed = false;
    const late = deadline.expired.then(
      () =>
        new Promise<void>((resolve) => {
          if (!isFlushed) timer = clock.setTimer(resolve, CUT_OFF_GRACE_MS);
        }),
    );
    await Promise.race([invoker.flush(), late]);
    isFlushed = true;
    timer?.[Symbol.dispose]();
  }

  async #flush(): Promise<void> {
    await this.#options.logging.flush();
    await this.#options.signals.flush();
  }
}

/** How much longer than its deadline a stop waits for what the deadline cut off to be stored. */
const CUT_OFF_GRACE_MS = 1_000;

/** When a stop gives up. */
interface StopDeadline extends Disposable {
  readonly isOver: boolean;
  /** Resolves when it is over. */
  readonly expired: Promise<void>;
}
