import { writeSync } from 'node:fs';

/** What a worker tells its parent, one line each; a line that arrived was true even if the worker was killed right after. */
export type Report =
  | { readonly what: 'ready' }
  | { readonly what: 'saved'; readonly id: string }
  | { readonly what: 'claimed'; readonly id: string; readonly epoch: number }
  | { readonly what: 'handling'; readonly id: string; readonly at: number }
  | { readonly what: 'handled'; readonly id: string; readonly at: number }
  | { readonly what: 'settled'; readonly id: string; readonly epoch: number }
  | { readonly what: 'refused'; readonly id: string; readonly epoch: number }
  | { readonly what: 'logged'; readonly run: string; readonly count: number }
  | { readonly what: 'appended'; readonly version: number }
  | { readonly what: 'dead'; readonly id: string }
  | { readonly what: 'removed'; readonly id: string }
  | { readonly what: 'failed'; readonly error: string }
  | { readonly what: 'drained' };

/** Writes a line before it returns: a pipe takes it whole. */
export function tell(report: Report): void {
  writeSync(1, `${JSON.stringify(report)}\n`);
}
