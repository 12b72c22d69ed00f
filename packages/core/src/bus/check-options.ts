import { InvalidOptionsError } from '../errors.ts';
import type { Batch } from '../pipeline/event-pump.ts';
import type { MessageBusOptions } from './message-bus-options.ts';

/** @throws InvalidOptionsError with all problems at once */
export function checkOptions({
  concurrency,
  batch,
  reentrancy,
  errorHistory,
  leaseMs,
}: MessageBusOptions): void {
  const problems: string[] = [];
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
  if (problems.length > 0) throw new InvalidOptionsError('create bus', problems);
}

/** @throws InvalidOptionsError with all problems at once */
export function checkBatch(batch: Batch): void {
  const given: Partial<Batch> = batch ?? {};
  const problems = batchProblems({ size: given.size ?? 0, timeoutMs: given.timeoutMs ?? -1 });
  if (problems.length > 0) throw new InvalidOptionsError('set batch processing', problems);
}

/** @throws InvalidOptionsError */
export function checkDeadline(attempted: string, deadlineMs: number): void {
  if (typeof deadlineMs === 'number' && deadlineMs >= 0) return;
  throw new InvalidOptionsError(attempted, [
    `deadlineMs must be 0 or more, got ${String(deadlineMs)}`,
  ]);
}

function batchProblems({ size, timeoutMs }: Partial<Batch>): string[] {
  const problems: string[] = [];
  if (size !== undefined && !isCount(size, 1))
    problems.push(`batch.size must be a positive integer, got ${String(size)}`);
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs < Infinity)) {
    problems.push(`batch.timeoutMs must be 0 or more, got ${String(timeoutMs)}`);
  }
  return problems;
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least;
}
