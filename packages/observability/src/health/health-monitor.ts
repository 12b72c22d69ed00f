import {
  InvalidOptionsError,
  systemClock,
  type BusObserver,
  type BusSignal,
  type BusSignalType,
  type Clock,
} from '@llmgine/core';
import { runCheck, type CheckResult, type HealthCheck } from './health-check.ts';

/** What makes an application fit for work. */
export interface HealthMonitorOptions {
  /**
   * The oldest waiting event may be so old before the application counts as not ready.
   * @default 60000
   */
  readonly maxLagMs?: number;
  /**
   * Further conditions by name, e.g. that the database answers. One that throws or takes too long is not met.
   * @default none
   */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
  /**
   * How long a check may take.
   * @default 2000
   */
  readonly checkTimeoutMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** How an application is. */
export interface HealthReport {
  /** The process answers. */
  readonly live: boolean;
  /** The bus runs, no event waits too long, and every check is met: send work here. */
  readonly ready: boolean;
  readonly bus: 'idle' | 'running' | 'stopped';
  /** Age of the oldest event that waits to be handled; 0 when none does. */
  readonly lagMs: number;
  /** Events that wait to be handled. */
  readonly queueSize: number;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Watches a bus: `bus.addObserver(monitor)`. */
export interface HealthMonitor extends BusObserver {
  report(): Promise<HealthReport>;
}

/** Makes a monitor. @throws InvalidOptionsError */
export function createHealthMonitor({
  maxLagMs = 60_000,
  checks = {},
  checkTimeoutMs = 2_000,
  clock = systemClock,
}: HealthMonitorOptions = {}): HealthMonitor {
  checkOptions({ maxLagMs, checkTimeoutMs });
  return new Monitor({ maxLagMs, checks, checkTimeoutMs, clock });
}

class Monitor implements HealthMonitor {
  readonly signals: readonly BusSignalType[] = [
    'bus.started',
    'bus.stopped',
    'event.queued',
    'handler.started',
    'event.processed',
    'event.dropped',
  ];
  readonly #options: Required<HealthMonitorOptions>;
  /** In the order they were queued, so that the first is the oldest. */
  readonly #waitingSince = new Map<string, number>();
  #bus: HealthReport['bus'] = 'idle';

  constructor(options: Required<HealthMonitorOptions>) {
    this.#options = options;
  }

  observe(signal: BusSignal): void {
    switch (signal.type) {
      case 'bus.started':
        this.#bus = 'running';
        return;
      case 'bus.stopped':
        this.#bus = 'stopped';
        this.#waitingSince.clear();
        return;
      case 'event.queued':
        this.#waitingSince.set(signal.event.id, this.#options.clock.monotonic());
        return;
      case 'handler.started':
        this.#waitingSince.delete(signal.message.id);
        return;
      case 'event.processed':
      case 'event.dropped':
        this.#waitingSince.delete(signal.event.id);
        return;
      default:
    }
  }

  async report(): Promise<HealthReport> {
    const { checks, checkTimeoutMs, clock, maxLagMs } = this.#options;
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) =>
          [name, await runCheck(check, { timeoutMs: checkTimeoutMs, clock })] as const,
      ),
    );
    const lagMs = this.#lag();
    return {
      live: true,
      ready: this.#bus === 'running' && lagMs <= maxLagMs && results.every(([, { ok }]) => ok),
      bus: this.#bus,
      lagMs,
      queueSize: this.#waitingSince.size,
      checks: Object.fromEntries(results),
    };
  }

  #lag(): number {
    const oldest = this.#waitingSince.values().next();
    return oldest.done ? 0 : Math.round(this.#options.clock.monotonic() - oldest.value);
  }
}

function checkOptions(options: {
  readonly maxLagMs: number;
  readonly checkTimeoutMs: number;
}): void {
  const problems = Object.entries(options)
    .filter(([, value]) => !(value > 0))
    .map(([name, value]) => `${name} must be positive, got ${value}`);
  if (problems.length > 0) throw new InvalidOptionsError('create a health monitor', problems);
}
