import type { CommandFinish, EventFinish } from '@llmgine/core';

/** Given by middleware that has nothing to do once the handler is done. */
export const passOnResult: CommandFinish = (result) => result;

/** The same for events. */
export const passOnEvent: EventFinish = () => {};
