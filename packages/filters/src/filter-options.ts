/** What every filter takes. */
export interface FilterOptions {
  /**
   * Also decides on the bus's own events (`llmgine.*`), which pass otherwise: a filter that hides the ends of
   * sessions is rarely what was meant.
   * @default false
   */
  readonly busEvents?: boolean | undefined;
}
