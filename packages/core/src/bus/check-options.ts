import { InvalidOptionsError } from '../errors.ts';
import { createOptionChecker, type OptionNames } from '../option-checker.ts';
import type { Batch } from '../pipeline/event-pump.ts';
import type { MessageBusOptions } from './message-bus-options.ts';

/** The names of a bus's options. */
export const messageBusOptionNames: OptionNames<MessageBusOptions> = {
  messages: true,
  queue: true,
  invoker: true,
  eventInvoker: true,
  scheduledEvents: true,
  leaseMs: true,
  eventLog: true,
  metrics: true,
  signals: true,
  stampMetadata: true,
  clock: true,
  concurrency: true,
  batch: true,
  reentrancy: true,
  errorHistory: true,
  allowNestedRetry: true,
};

/** @throws InvalidOptionsError with all problems at once */
export function checkOptions(options: MessageBusOptions): void {
  if (!isObject(options)) throw new InvalidOptionsError('create bus', [noObject('options')]);
  const { concurrency, batch, reentrancy, errorHistory, leaseMs } = options;
  const problems: string[] = [...partProblems(options)];
  if (concurrency !== undefined && !(concurrency === Infinity || isCount(concurrency, 1))) {
    problems.push(`concurrency must be a positive integer or Infinity, got ${String(concurrency)}`);
  }
  if (errorHistory !== undefined && !isCount(errorHistory, 0)) {
    problems.push(`errorHistory must be a whole number from 0, got ${String(errorHistory)}`);
  }
  if (reentrancy !== undefined && reentrancy !== 'ambient' && reentrancy !== 'context') {
    problems.push(`reentrancy must be 'ambient' or 'context', got '${String(reentrancy)}'`);
  }
  if (leaseMs !== undefined && !(Number.isFinite(leaseMs) && leaseMs >= 1)) {
    problems.push(`leaseMs must be a finite time of 1 or more, got ${String(leaseMs)}`);
  }
  problems.push(...batchProblems(batch ?? {}));
  const check = createOptionChecker('create bus');
  check.options(options, messageBusOptionNames);
  for (const problem of problems) check.require(false, problem);
  check.done();
}

/** @throws InvalidOptionsError with all problems at once */
export function checkBatch(batch: Batch): void {
  const { size, timeoutMs }: Partial<Batch> = batch ?? {};
  // Here both are needed, and null has no default.
  const problems = batchProblems({ size: size ?? null, timeoutMs: timeoutMs ?? null });
  if (problems.length > 0) throw new InvalidOptionsError('set batch processing', problems);
}

/** @throws InvalidOptionsError */
export function checkDeadline(attempted: string, deadlineMs: number): void {
  if (typeof deadlineMs === 'number' && deadlineMs >= 0) return;
  throw new InvalidOptionsError(attempted, [
    `deadlineMs must be 0 or more, got ${String(deadlineMs)}`,
  ]);
}

/** Refuses a part that could only fail later, at every message. @throws InvalidOptionsError */
export function checkPart(attempted: string, part: unknown, method: string): void {
  if (hasMethod(part, method)) return;
  throw new InvalidOptionsError(attempted, [`it takes an object with a method ${method}()`]);
}

function hasMethod(part: unknown, method: string): boolean {
  return isObject(part) && typeof (part as Record<string, unknown>)[method] === 'function';
}

function isObject(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** What every port must have; that it also does what it says is for its contract suite. */
const methodsOfParts = {
  clock: 'monotonic',
  queue: 'enqueue',
  scheduledEvents: 'claimDue',
  eventLog: 'append',
  metrics: 'snapshot',
  signals: 'emit',
} as const satisfies Partial<Record<keyof MessageBusOptions, string>>;

function* partProblems(options: MessageBusOptions): Generator<string> {
  for (const [name, method] of Object.entries(methodsOfParts)) {
    const part = options[name as keyof MessageBusOptions];
    if (part !== undefined && !hasMethod(part, method)) {
      yield `${name} must have a method ${method}()`;
    }
  }
  for (const name of ['invoker', 'eventInvoker', 'stampMetadata'] as const) {
    const given = options[name];
    if (given !== undefined && typeof given !== 'function') yield `${name} must be a function`;
  }
  const { messages = [] } = options;
  if (!Array.isArray(messages) || !messages.every((known) => hasMethod(known, 'is'))) {
    yield 'messages must be a list of definitions, made by defineCommand and defineEvent';
  }
}

function noObject(name: string): string {
  return `${name} must be an object`;
}

function batchProblems(batch: { readonly [Key in keyof Batch]?: number | null }): string[] {
  if (!isObject(batch)) return [noObject('batch')];
  const { size, timeoutMs, ...others } = batch;
  const problems = Object.keys(others).map(
    (name) => `batch.${name} is no option, there are size, timeoutMs`,
  );
  if (size !== undefined && !isCount(size, 1))
    problems.push(`batch.size must be a positive integer, got ${String(size)}`);
  if (timeoutMs !== undefined && !isFiniteFrom0(timeoutMs)) {
    problems.push(`batch.timeoutMs must be 0 or more, got ${String(timeoutMs)}`);
  }
  return problems;
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}

function isFiniteFrom0(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}
