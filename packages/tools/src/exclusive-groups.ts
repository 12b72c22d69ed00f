import type { Clock } from '@llmgine/core';
import type { AbortNotice } from '@llmgine/core/timing';
import { createToolSlots, type ToolSlots } from './tool-slots.ts';

/** How a wait for an exclusive group ended. */
type ExclusiveTurn = 'granted' | 'aborted' | 'occupied';

/** How long a call waits for its turn. */
interface ExclusiveWait {
  readonly signal: AbortNotice | undefined;
  /** For a call that was given up on but still runs; `Infinity` is allowed. */
  readonly patienceMs: number;
}

/** Lets one call of each group run at a time. */
export interface ExclusiveGroups {
  /**
   * Waits for the turn of a call. Calls in time are waited for as long as they take; one that was given up on but still
   * runs is waited for `patienceMs`, then the turn is `occupied`.
   */
  enter(group: string, wait: ExclusiveWait): Promise<ExclusiveTurn>;
  /** Gives the turn back. `late` settles when the work really ends, if it was given up on. */
  leave(group: string, late?: PromiseLike<unknown>): void;
}

/** Makes groups without members. */
export function createExclusiveGroups(clock: Clock): ExclusiveGroups {
  const turns = new Map<string, ToolSlots>();
  const stillRunning = new Map<string, PromiseLike<unknown>>();

  return {
    async enter(group, { signal, patienceMs }) {
      const turn = turnOf(group);
      if (!(await turn.take(signal))) return 'aborted';
      const late = stillRunning.get(group);
      const ended = late ? await endOf(late, { signal, patienceMs, clock }) : 'granted';
      if (ended !== 'granted') turn.free();
      return ended;
    },
    leave(group, late) {
      if (late) occupy(group, late);
      turnOf(group).free();
    },
  };

  function turnOf(group: string): ToolSlots {
    let turn = turns.get(group);
    if (!turn) {
      turn = createToolSlots(1);
      turns.set(group, turn);
    }
    return turn;
  }

  function occupy(group: string, late: PromiseLike<unknown>): void {
    const ended = late.then(vacate, vacate);
    stillRunning.set(group, ended);

    function vacate(): void {
      if (stillRunning.get(group) === ended) stillRunning.delete(group);
    }
  }
}

function endOf(
  late: PromiseLike<unknown>,
  { signal, patienceMs, clock }: ExclusiveWait & { readonly clock: Clock },
): Promise<ExclusiveTurn> {
  return new Promise((resolve) => {
    const timer = Number.isFinite(patienceMs)
      ? clock.setTimer(() => end('occupied'), patienceMs)
      : undefined;
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) aborted();
    late.then(
      () => end('granted'),
      () => end('granted'),
    );

    function aborted(): void {
      end('aborted');
    }

    function end(turn: ExclusiveTurn): void {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener('abort', aborted);
      resolve(turn);
    }
  });
}
