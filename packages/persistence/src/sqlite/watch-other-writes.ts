import type { Clock } from '@llmgine/core/timing';
import type { Database } from 'better-sqlite3';

/** Calls back when another connection has written to the file; looks once per interval, without touching a table. */
export function watchOtherWrites(
  database: Database,
  wake: () => void,
  { clock, intervalMs }: { readonly clock: Clock; readonly intervalMs: number },
): Disposable {
  // Nobody else can write to a database in memory.
  if (database.memory) return { [Symbol.dispose]: () => {} };
  let seen = version();
  let timer = clock.setTimer(look, intervalMs);

  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };

  function look(): void {
    if (!database.open) return;
    timer = clock.setTimer(look, intervalMs);
    const now = version();
    if (now === seen) return;
    seen = now;
    wake();
  }

  function version(): unknown {
    try {
      return database.pragma('data_version', { simple: true });
    } catch {
      return undefined; // whoever reads or writes next gets the error
    }
  }
}
