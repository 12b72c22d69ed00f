/** When a handler runs: lower numbers first; handlers of one number run together. Any number is allowed. */
export const HandlerPriority = { HIGHEST: 0, HIGH: 10, NORMAL: 50, LOW: 90, LOWEST: 100 } as const;

/** One of the named priorities. */
export type HandlerPriority = (typeof HandlerPriority)[keyof typeof HandlerPriority];
