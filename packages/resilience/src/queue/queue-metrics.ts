/** The queue at one moment, and what went through it. */
export interface QueueMetrics {
  /** Accepted events whose dispatch has not begun. */
  readonly currentSize: number;
  /** The capacity. Publishes inside handlers and the bus's own events may go beyond it, up to twice. */
  readonly maxSize: number;
  readonly totalEnqueued: number;
  readonly totalDequeued: number;
  /** Accepted, then thrown out to make room. */
  readonly totalDropped: number;
  /** Never accepted. */
  readonly totalRejected: number;
  /** Accepted, then taken back because their session ended or the bus stopped. */
  readonly totalRemoved: number;
  /** How often the fill rose to the high-water mark. */
  readonly highWaterMarkHits: number;
  /** The largest size there has been. */
  readonly maxSizeReached: number;
  /** From the high-water mark until the fill has come down to the low one. */
  readonly backpressureActive: boolean;
  /** Publishers who wait for room. */
  readonly waiting: number;
}
