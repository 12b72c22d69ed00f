/** What happens to an event when the queue is full. */
export const BackpressureStrategy = {
  /** The oldest lossy event makes room; where there is none, the newcomer is refused. */
  DROP_OLDEST: 'DROP_OLDEST',
  /** The newcomer is refused. */
  REJECT_NEW: 'REJECT_NEW',
  /** Publishers are slowed down as the queue fills, and wait for room when it is full. */
  ADAPTIVE_RATE_LIMIT: 'ADAPTIVE_RATE_LIMIT',
} as const;

/** One of the strategies. */
export type BackpressureStrategy = (typeof BackpressureStrategy)[keyof typeof BackpressureStrategy];
