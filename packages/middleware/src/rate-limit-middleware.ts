import {
  createOptionChecker,
  failed,
  CommandCancelledError,
  type CommandCall,
  type CommandMiddleware,
  type CommandResult,
  type OptionNames,
} from '@llmgine/core';
import { RateGate, RateLimitedError, TokenBucket, type Clock } from '@llmgine/core/timing';
import { passOnResult } from './pass-on.ts';

/** How many commands of one type go through, and what happens to the others. */
export interface RateLimitMiddlewareOptions {
  /** Sustained rate for each type of command; may be below one. */
  readonly maxPerSecond: number;
  /**
   * Commands that go through at once after a pause.
   * @default maxPerSecond, at least 1
   */
  readonly burst?: number | undefined;
  /**
   * Commands that come too fast wait, first come first served, or fail with `RateLimitedError`.
   * @default 'wait'
   */
  readonly onLimit?: 'wait' | 'fail' | undefined;
  /** @default the bus's */
  readonly clock?: Clock | undefined;
}

/** A command needs one token of its type's bucket. */
const ONE = [1] as const;

const optionNames: OptionNames<RateLimitMiddlewareOptions> = {
  maxPerSecond: true,
  burst: true,
  onLimit: true,
  clock: true,
};

/**
 * Makes middleware that limits the rate of commands, each type by itself. One that waits stops waiting when its
 * `context.signal` aborts.
 * @throws InvalidOptionsError
 */
export function rateLimitMiddleware(options: RateLimitMiddlewareOptions): CommandMiddleware {
  checkOptions(options);
  const { maxPerSecond, burst, onLimit = 'wait', clock: ownClock } = options;
  const gates = new Map<string, RateGate>();

  return {
    name: 'rateLimit',
    aroundCommand(call, next) {
      const gate = gates.get(call.command.type) ?? createGate(call);
      return gate.tryEnter(ONE) ? passOnResult : whenLimited(gate, call, next);
    },
  };

  function createGate({ command, clock: busClock }: CommandCall): RateGate {
    const clock = ownClock ?? busClock;
    const bucket = new TokenBucket({ ratePerSecond: maxPerSecond, burst, clock });
    const gate = new RateGate([bucket], clock);
    gates.set(command.type, gate);
    return gate;
  }

  async function whenLimited(
    gate: RateGate,
    { command, context }: CommandCall,
    next: () => Promise<CommandResult>,
  ): Promise<CommandResult> {
    if (onLimit === 'fail') {
      return failed(new RateLimitedError(command.type, gate.msUntil(ONE)), command.id);
    }
    const { signal } = context;
    if (await gate.enter(ONE, signal)) return next();
    return failed(new CommandCancelledError(command.type, signal.reason), command.id);
  }
}

function checkOptions(given: RateLimitMiddlewareOptions): void {
  const check = createOptionChecker('create rate-limit middleware');
  const { maxPerSecond, burst, onLimit, clock } = check.options(given, optionNames);
  check.require(maxPerSecond !== undefined, 'maxPerSecond must be given');
  check.number('maxPerSecond', maxPerSecond, { above: 0 });
  check.number('burst', burst, { min: 1 });
  check.oneOf('onLimit', onLimit, ['wait', 'fail']);
  check.methods('clock', clock, ['monotonic', 'setTimer']);
  check.done();
}
