import type { SessionId } from '../message/session-id.ts';

/** What the bus knows of an open session. */
export interface SessionState {
  readonly id: SessionId;
  /** From `ending` on, outside work is refused. */
  phase: 'open' | 'ending' | 'ended';
  /** Its accepted events that have not settled. */
  pending: number;
  /** Its queued events are dropped instead of dispatched. */
  dropsQueued: boolean;
  /** The one end of it, however often it is asked for. */
  end: Promise<void> | undefined;
}
