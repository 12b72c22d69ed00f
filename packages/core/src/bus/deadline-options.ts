/** How to end. */
export interface DeadlineOptions {
  /**
   * How long running work may take to finish before it is aborted.
   * @default 5000
   */
  readonly deadlineMs?: number | undefined;
}
