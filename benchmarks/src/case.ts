/** What a subject does, once it is set up in its process. */
export interface Prepared {
  /** Does the operation so many times, and resolves when all are done. */
  run(operations: number): Promise<void> | void;
  /**
   * Operations come in multiples of this.
   * @default 1
   */
  readonly step?: number;
}

/** One of those that are compared. */
export interface Subject {
  readonly name: string;
  /** The version of the package measured. @default '-' */
  readonly version?: string;
  /** The first `limit` and the first `us` of a case are what the ratios refer to. @default 'peer' */
  readonly role?: 'us' | 'limit';
  /** Sets up in a process of its own, so import what you compare in here. */
  prepare(): Promise<Prepared> | Prepared;
}

/** Subjects that do the same work. */
export interface BenchmarkCase {
  readonly name: string;
  readonly subjects: readonly Subject[];
}

/** What the module of a benchmark exports for `measureCases`. */
export interface CasesModule {
  readonly cases: readonly BenchmarkCase[];
}
