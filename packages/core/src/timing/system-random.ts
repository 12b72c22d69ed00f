/** Where chance comes from: a number in [0, 1). */
export type Random = () => number;

/** The randomness of the machine. */
export const systemRandom: Random = () => Math.random();
