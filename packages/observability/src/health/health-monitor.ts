import {
  InvalidOptionsError,
  systemClock,
  type BusObserver,
  type BusPhase,
  type BusReadings,
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
  /** Draining counts as not ready. */
  readonly bus: BusPhase;
  /** Age of the oldest event that waits to be handled; 0 when none does. */
  readonly lagMs: number;
  /** Events that wait to be handled. */
  readonly queueSize: number;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Looks at a bus when it is asked: `bus.addObserver(monitor)`. */
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
  /** None: the bus is asked when somebody asks here. */
  readonly signals: readonly BusSignalType[] = [];
  readonly #options: Required<HealthMonitorOptions>;
  #bus: BusReadings | undefined = undefined;

  constructor(options: Required<HealthMonitorOptions>) {
    this.#options = options;
  }

  attach(readings: BusReadings): void {
    this.#bus = readings;
    readings.oldestQueuedMs(); // from now on the bus times what it queues
  }

  observe(): void {}

  async report(): Promise<HealthReport> {
    const { checks, checkTimeoutMs, clock, maxLagMs } = this.#options;
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) =>
          [name, await runCheck(check, { timeoutMs: checkTimeoutMs, clock })] as const,
      ),
    );
    const bus = this.#bus?.phase() ?? 'idle';
    const lagMs = Math.round(this.#bus?.oldestQueuedMs() ?? 0);
    return {
      live: true,
      ready: bus === 'running' && lagMs <= maxLagMs && results.every(([, { ok }]) => ok),
      bus,
      lagMs,
      queueSize: this.#bus?.queueSize() ?? 0,
      checks: Object.fromEntries(results),
    };
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
