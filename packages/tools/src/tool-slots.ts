import type { AbortNotice } from '@llmgine/core/timing';

/** So many runs at a time; the others wait their turn. */
export interface ToolSlots {
  /** Resolves when there is a free slot; to false, without one, when the signal aborts first. True at once when one is free. */
  take(signal: AbortNotice | undefined): boolean | Promise<boolean>;
  /** Gives a slot back. */
  free(): void;
}

/** Makes a number of slots. */
export function createToolSlots(count: number): ToolSlots {
  const waiting = new Set<() => void>();
  let taken = 0;

  return {
    take(signal) {
      if (taken < count) {
        taken++;
        return true;
      }
      return signal?.aborted ? false : waitForTurn(signal);
    },
    free() {
      const [next] = waiting;
      if (!next) {
        taken--;
        return;
      }
      waiting.delete(next);
      next(); // the slot passes on without becoming free
    },
  };

  function waitForTurn(signal: AbortNotice | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      waiting.add(granted);
      signal?.addEventListener('abort', cancelled);

      function granted(): void {
        signal?.removeEventListener('abort', cancelled);
        resolve(true);
      }

      function cancelled(): void {
        waiting.delete(granted);
        resolve(false);
      }
    });
  }
}
