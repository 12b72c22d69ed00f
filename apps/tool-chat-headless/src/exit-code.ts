import type { StopReason } from '@llmgine/engine';
import { UsageError } from './usage-error.ts';

/** What the program's exit tells a script. */
export const ExitCode = {
  answered: 0,
  failed: 1,
  usage: 2,
  limitReached: 3,
  approvalNeeded: 4,
  interrupted: 130,
} as const;

/** One of the program's exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const BY_STOP_REASON: Readonly<Record<StopReason, ExitCode>> = {
  answered: ExitCode.answered,
  stepLimit: ExitCode.limitReached,
  budget: ExitCode.limitReached,
  loop: ExitCode.limitReached,
  lengthLimit: ExitCode.limitReached,
  refused: ExitCode.failed,
  aborted: ExitCode.interrupted,
  error: ExitCode.failed,
};

/** Errors of other packages that mean that the command line asks for something that cannot be. */
const USAGE_CODES = new Set(['LLMGINE_INVALID_OPTIONS', 'LLMGINE_UNSUPPORTED_DATABASE_URL']);

/** The exit code of a program that ends with an error. */
export function exitCodeOfError(error: unknown): ExitCode {
  const { code } = (error ?? {}) as { code?: unknown };
  const isUsage = error instanceof UsageError || USAGE_CODES.has(String(code));
  return isUsage ? ExitCode.usage : ExitCode.failed;
}

/** The exit code of a run. */
export function exitCodeOf(stopReason: StopReason): ExitCode {
  return BY_STOP_REASON[stopReason];
}
