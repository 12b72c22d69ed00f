import { toError, type Clock, type MaybePromise } from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';

/** A condition: returns when it is met, throws when it is not. The signal says that nobody waits any more. */
export type HealthCheck = (signal: AbortSignal) => MaybePromise<void>;

/** What became of a check. */
export interface CheckResult {
  readonly ok: boolean;
  readonly error?: string;
}

/** Runs a check, for so long and no longer. Never rejects. */
export async function runCheck(
  check: HealthCheck,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<CheckResult> {
  const controller = new AbortController();
  const { signal } = controller;
  try {
    const late = await Promise.race([runToEnd(check, signal), sleep(timeoutMs, { clock, signal })]);
    return late ? { ok: false, error: `no answer within ${timeoutMs} ms` } : { ok: true };
  } catch (thrown) {
    return { ok: false, error: toError(thrown).message };
  } finally {
    controller.abort();
  }
}

async function runToEnd(check: HealthCheck, signal: AbortSignal): Promise<false> {
  await check(signal);
  return false;
}
