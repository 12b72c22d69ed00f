import {
  createOptionChecker,
  failed,
  CommandCancelledError,
  type CommandCall,
  type CommandMiddleware,
  type CommandResult,
} from '@llmgine/core';
import {
  RateGate,
  RateLimitedError,
  systemClock,
  TokenBucket,
  type Clock,
} from '@llmgine/core/timing';

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
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A command needs one token of its type's bucket. */
const ONE = [1] as const;

/**
 * Makes middleware that limits the rate of commands, each type by itself. One that waits stops waiting when its
 * `context.signal` aborts.
 * @throws InvalidOptionsError
 */
export function rateLimitMiddleware(options: RateLimitMiddlewareOptions): CommandMiddleware {
  checkOptions(options);
  const { maxPerSecond, burst, onLimit = 'wait', clock = systemClock } = options;
  const gates = new Map<string, RateGate>();

  return {
    name: 'rateLimit',
    aroundCommand(call, next) {
      const gate = gateFor(call.command.type);
      return gate.tryEnter(ONE) ? next() : whenLimited(gate, call, next);
    },
  };

  function gateFor(type: string): RateGate {
    let gate = gates.get(type);
    if (!gate) {
      const bucket = new TokenBucket({ ratePerSecond: maxPerSecond, burst, clock });
      gate = new RateGate([bucket], clock);
      gates.set(type, gate);
    }
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

function checkOptions(options: RateLimitMiddlewareOptions): void {
  const check = createOptionChecker('create rate-limit middleware');
  check.require(options.maxPerSecond !== undefined, 'maxPerSecond must be given');
  check.number('maxPerSecond', options.maxPerSecond, { above: 0 });
  check.number('burst', options.burst, { min: 1 });
  check.oneOf('onLimit', options.onLimit, ['wait', 'fail']);
  check.done();
}
