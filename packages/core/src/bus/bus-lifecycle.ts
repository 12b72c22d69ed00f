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

/** Starts and stops the bus. Everything may be called at any time, any number of times, together. */
export class BusLifecycle {
  readonly #options: BusLifecycleOptions;
  #stopping: Promise<StopReport> | undefined;

  constructor(options: BusLifecycleOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    while (this.#stopping) await this.#stopping;
    const { admission, scheduler, pump, signals, clock } = this.#options;
    if (admission.phase === 'running') return;
    admission.phase = 'running';
    if (signals.active) signals.emit({ type: 'bus.started', at: clock.now() });
    scheduler.start();
    pump.start();
  }

  stop(deadlineMs: number): Promise<StopReport> {
    if (this.#options.admission.phase === 'stopped')
      return Promise.resolve({ dropped: 0, abandoned: 0 });
    const root = this.#options.scopes.current?.root;
    // Two handlers that both stop the bus must not wait for each other.
    if (root) root.waitsForOthers = true;
    this.#stopping ??= this.#stop(deadlineMs).finally(() => {
      this.#stopping = undefined;
    });
    this.#options.scopes.changed();
    return this.#stopping.finally(() => {
      if (root) root.waitsForOthers = false;
    });
  }

  async #stop(deadlineMs: number): Promise<StopReport> {
    const { admission, pump, scheduler, sessions, scopes, queue, signals, clock } = this.#options;
    const left = { dropped: 0, abandoned: 0 };
    const wasIdle = admission.phase === 'idle';
    admission.phase = 'stopping';
    scheduler.pause();
    let timer: Disposable | undefined;
    const expired = new Promise<void>((resolve) => {
      timer = clock.setTimer(() => {
        this.#abandon(left);
        resolve();
      }, deadlineMs);
    });

    if (wasIdle) this.#abandon(left);
    else pump.flush();
    await Promise.race([sessions.endAll(deadlineMs), expired]);
    await scopes.until(() => queue.size === 0 && this.#running().length === 0);
    await Promise.race([scheduler.idle(), expired]);
    this.#abandon(left);
    pump.pause();
    admission.phase = 'stopped';
    if (signals.active) signals.emit({ type: 'bus.stopped', at: clock.now(), ...left });
    await Promise.race([this.#flush(), expired]);
    timer?.[Symbol.dispose]();
    return left;
  }

  /** Settles everybody who still waits. */
  #abandon(left: { dropped: number; abandoned: number }): void {
    const { queue, scopes } = this.#options;
    for (const entry of queue.remove(() => true)) {
      left.dropped++;
      entry.settle({ status: 'dropped', reason: 'stopped' });
    }
    const reason = new BusStoppedError();
    for (const scope of this.#running()) {
      left.abandoned++;
      scope.owner?.abort(reason);
    }
    scopes.changed();
  }

  /** Without those that wait for this very stop. */
  #running(): DispatchScope[] {
    return this.#options.scopes.filter((scope) => !scope.root.waitsForOthers);
  }

  async #flush(): Promise<void> {
    await this.#options.invoker?.flush?.();
    await this.#options.logging.flush();
    await this.#options.signals.flush();
  }
}
