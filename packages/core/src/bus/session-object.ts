import { SessionEndedError } from './bus-errors.ts';
import type { CommandExecutor, HandlerRegistrar } from '../handler/handler.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import type { MessageSender } from '../pipeline/message-sender.ts';
import type { RunningScopes } from '../pipeline/running-scopes.ts';
import type { BusSession } from './bus-session.ts';
import type { BusSessions } from './bus-sessions.ts';
import { checkDeadline } from './check-options.ts';
import type { DeadlineOptions } from './deadline-options.ts';
import type { SessionState } from './session-state.ts';

/** How long a session or the bus waits for running work when nothing else is said. */
export const DEFAULT_DEADLINE_MS = 5000;

/** What a session object works with. */
export interface BusSessionParts {
  readonly state: SessionState;
  readonly sessions: BusSessions;
  readonly scopes: RunningScopes;
  readonly sender: MessageSender;
  readonly registrar: HandlerRegistrar;
}

/** Makes the object that speaks for an open session. */
export function createSessionObject({
  state,
  sessions,
  scopes,
  sender,
  registrar,
}: BusSessionParts): BusSession {
  const sessionId = state.id;

  return {
    sessionId,
    publish: (event, options) =>
      whenUsable(() => sender.publishFrom({ scope: scopes.current, sessionId }, event, options)),
    execute: ((command, options) =>
      whenUsable(() =>
        sender.executeFrom({ scope: scopes.current, sessionId }, command, options),
      )) as CommandExecutor['execute'],
    isHeard: (event, ofSession = BUS_SCOPE) =>
      sender.isHeard(event, ofSession === BUS_SCOPE ? sessionId : ofSession),
    registerCommandHandler(command, handler, options) {
      checkUsable();
      return registrar.registerCommandHandler(command, handler, { ...options, sessionId });
    },
    registerEventHandler(event, handler, options) {
      checkUsable();
      return registrar.registerEventHandler(event, handler, { ...options, sessionId });
    },
    end,
    [Symbol.asyncDispose]: () => end(),
  };

  function end(
    error?: Error,
    { deadlineMs = DEFAULT_DEADLINE_MS }: DeadlineOptions = {},
  ): Promise<void> {
    return whenValid(() => {
      checkDeadline('end a session', deadlineMs);
      return sessions.end(state, { error, deadlineMs });
    });
  }

  function checkUsable(): void {
    const isInside = scopes.current?.belongsTo(sessionId) ?? false;
    if (state.phase === 'ended' || (state.phase === 'ending' && !isInside))
      throw new SessionEndedError(sessionId);
  }

  function whenUsable<T>(send: () => Promise<T>): Promise<T> {
    return whenValid(() => {
      checkUsable();
      return send();
    });
  }
}

function whenValid<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (misuse) {
    return Promise.reject(misuse);
  }
}
