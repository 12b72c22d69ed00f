/** Gives back a value without what must not leave the process. */
export type Redactor = (value: unknown) => unknown;
