import { BusStoppedError, SessionEndedError } from './bus-errors.ts';
import { BUS_SCOPE, type SessionId } from '../message/session-id.ts';
import type { DispatchScope } from '../pipeline/dispatch-scope.ts';
import type { BusPhase } from './bus-phase.ts';
import type { SessionState } from './session-state.ts';

/** Who may send now: anybody while the bus lives, and while it or a session ends only what is already inside. */
export class Admission {
  phase: BusPhase = 'idle';
  readonly sessions = new Map<SessionId, SessionState>();

  session(id: SessionId): SessionState | undefined {
    return this.sessions.size === 0 || id === BUS_SCOPE ? undefined : this.sessions.get(id);
  }

  /** @throws BusStoppedError, SessionEndedError */
  check(scope: DispatchScope | undefined, sessionId: SessionId): void {
    const session = this.session(sessionId);
    if (this.phase === 'stopped' || (this.phase === 'stopping' && !scope))
      throw new BusStoppedError();
    if (session && session.phase !== 'open' && !scope?.belongsTo(session.id))
      throw new SessionEndedError(session.id);
  }
}
