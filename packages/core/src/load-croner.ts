import { createRequire } from 'node:module';
import type { Cron } from 'croner';
import { LlmgineError } from './errors.ts';

/** A package that is needed for what was asked is not installed. */
export class MissingPeerError extends LlmgineError {
  override readonly name = 'MissingPeerError';
  readonly code = 'LLMGINE_MISSING_PEER';
  readonly packageName: string;

  constructor(packageName: string, purpose: string, options?: ErrorOptions) {
    super(`Install '${packageName}' to ${purpose}.`, options);
    this.packageName = packageName;
  }
}

/**
 * Loads the parser of cron expressions when the first one is read, not with this module: who lacks it gets an error
 * that says so. Not with `import()`, which would make every caller wait.
 * @throws MissingPeerError
 */
export function loadCroner(load: NodeJS.Require = createRequire(import.meta.url)): typeof Cron {
  try {
    return (load('croner') as { readonly Cron: typeof Cron }).Cron;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw thrown;
    throw new MissingPeerError('croner', 'use cron expressions', { cause: thrown });
  }
}
