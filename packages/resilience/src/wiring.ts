import {
  createSignalHub,
  toError,
  type OptionChecker,
  type OptionNames,
  type SignalHub,
} from '@llmgine/core';
import { systemClock, type Clock } from '@llmgine/core/timing';

/** Where a part takes its time from and where it reports. */
export interface Wiring {
  readonly clock: Clock;
  readonly signals: SignalHub;
}

/** The same as options. */
export interface WiringOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** @default a hub of its own, which nobody observes */
  readonly signals?: SignalHub | undefined;
}

export const wiringOptionNames: OptionNames<WiringOptions> = { clock: true, signals: true };

/** Notes what is wrong with the options. */
export function checkWiringOptions(check: OptionChecker, { clock, signals }: WiringOptions): void {
  check.methods('clock', clock, ['now', 'monotonic', 'setTimer', 'yieldToIo']);
  check.methods('signals', signals, ['emit', 'wants']);
}

/** Fills in the defaults. */
export function wiringOf({ clock = systemClock, signals }: WiringOptions): Wiring {
  return { clock, signals: signals ?? createSignalHub({ clock }) };
}

/** Calls a function that was given as an option. One that throws is reported, and `otherwise` used. */
export function askCallback<T>(
  { clock, signals }: Wiring,
  ask: () => T,
  { callback, otherwise }: { readonly callback: string; readonly otherwise: T },
): T {
  try {
    return ask();
  } catch (thrown) {
    signals.emit({ type: 'callback.failed', at: clock.now(), callback, error: toError(thrown) });
    return otherwise;
  }
}
