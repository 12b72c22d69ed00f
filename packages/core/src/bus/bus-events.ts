import type { ErrorData } from '../message/error-data.ts';
import { defineEvent } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';

/** The types of the bus's own events begin with this. */
const busEventPrefix = 'llmgine.';

const firstLetter = busEventPrefix.charCodeAt(0);

/** Tells whether an event type is one of the bus's own. */
export function isBusEventType(type: string): boolean {
  // Asked for every event: most give themselves away by their first letter.
  return type.charCodeAt(0) === firstLetter && type.startsWith(busEventPrefix);
}

/** A session was opened. */
export const SessionStartEvent = defineEvent('llmgine.session.started', {
  data: typeOnly<{ readonly sessionId: string }>(),
});

/** A session ends: the last event its handlers see. */
export const SessionEndEvent = defineEvent('llmgine.session.ended', {
  data: typeOnly<{ readonly sessionId: string; readonly error?: ErrorData }>(),
});

/** A command's handling began. Made only when somebody handles this event. */
export const CommandStartedEvent = defineEvent('llmgine.command.started', {
  data: typeOnly<{ readonly commandType: string; readonly commandId: string }>(),
});

/** A command has its result. Made only when somebody handles this event. */
export const CommandResultEvent = defineEvent('llmgine.command.completed', {
  data: typeOnly<{
    readonly commandType: string;
    readonly commandId: string;
    readonly success: boolean;
    readonly result?: unknown;
    readonly error?: ErrorData;
    readonly durationMs: number;
  }>(),
});

/** Handlers of an event failed. */
export const EventHandlerFailedEvent = defineEvent('llmgine.event-handler.failed', {
  data: typeOnly<{
    readonly eventType: string;
    readonly eventId: string;
    readonly failures: readonly { readonly handler: string; readonly error: ErrorData }[];
  }>(),
});
