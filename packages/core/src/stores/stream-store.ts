/** Streams of records: run journals and chat histories stand on it. */
export interface StreamStore {
  /**
   * Appends records in one step and resolves to the new version (the number of records); durable when it resolves.
   * @param expectedVersion undefined appends wherever the stream is
   * @throws StreamConflictError when the stream is not at `expectedVersion`
   * @throws NotJsonSafeError
   */
  append(
    stream: string,
    expectedVersion: number | undefined,
    records: readonly unknown[],
  ): Promise<number>;
  /** Reads records in order, from the given version (default 0, the first record). An unknown stream is empty. */
  read(stream: string, options?: { readonly from?: number }): AsyncIterable<unknown>;
  /** Names of the streams that begin with `prefix`, most recently appended first. */
  list(prefix?: string): AsyncIterable<string>;
  /** Removes a stream; one that does not exist is fine. */
  delete(stream: string): Promise<void>;
}
