import { createOptionChecker, type OptionChecker, type OptionNames } from '@llmgine/core';
import { checkWiringOptions, wiringOptionNames, type WiringOptions } from '../wiring.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';

/** How much the queue holds and what happens when it is full. */
export interface BoundedQueueOptions {
  /**
   * Events held at most.
   * @default 10_000
   */
  readonly capacity?: number | undefined;
  /** @default BackpressureStrategy.DROP_OLDEST */
  readonly strategy?: BackpressureStrategy | undefined;
  /**
   * Which events `DROP_OLDEST` may drop: lossy ones, or any but the bus's own and those that a store has claimed.
   * @default 'lossy'
   */
  readonly dropOldest?: 'lossy' | 'any' | undefined;
  /**
   * The share of the capacity at which pressure begins.
   * @default 0.8
   */
  readonly highWaterMark?: number | undefined;
  /**
   * The share of the capacity at which pressure ends; below the high one.
   * @default 0.5
   */
  readonly lowWaterMark?: number | undefined;
}

const optionNames: OptionNames<BoundedQueueOptions & WiringOptions> = {
  ...wiringOptionNames,
  capacity: true,
  strategy: true,
  dropOldest: true,
  highWaterMark: true,
  lowWaterMark: true,
};

/** What the options are called where they are given. */
export interface QueueOptionNames {
  readonly capacity: string;
  readonly strategy: string;
}

/** Notes what is wrong with the options. */
export function checkQueueOptions(
  check: OptionChecker,
  options: BoundedQueueOptions,
  names: QueueOptionNames = { capacity: 'capacity', strategy: 'strategy' },
): void {
  const { highWaterMark = 0.8, lowWaterMark = 0.5 } = options;
  check.number(names.capacity, options.capacity, { min: 1, integer: true });
  check.oneOf(names.strategy, options.strategy, Object.values(BackpressureStrategy));
  check.oneOf('dropOldest', options.dropOldest, ['lossy', 'any']);
  check.number('highWaterMark', highWaterMark, { above: 0, max: 1 });
  check.number('lowWaterMark', lowWaterMark, { min: 0, max: 1 });
  check.require(
    !(lowWaterMark >= highWaterMark),
    `lowWaterMark must be below highWaterMark, got ${lowWaterMark} and ${highWaterMark}`,
  );
}

/** @throws InvalidOptionsError */
export function assertQueueOptions(given: BoundedQueueOptions & WiringOptions): void {
  const check = createOptionChecker('create bounded queue');
  const options = check.options(given, optionNames);
  checkWiringOptions(check, options);
  checkQueueOptions(check, options);
  check.done();
}
