import { createRequire } from 'node:module';
import type { Cron } from 'croner';
import { MissingPeerError } from './errors.ts';

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
