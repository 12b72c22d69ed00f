/** Something in the source that no tool can be made of. */
export interface SourceProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly message: string;
}

/** Functions cannot be made into tools; names all problems at once. */
export class GenerateError extends Error {
  override readonly name = 'GenerateError';
  readonly code = 'LLMGINE_GENERATE';
  readonly problems: readonly SourceProblem[];

  constructor(problems: readonly SourceProblem[]) {
    super(
      problems
        .map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
        .join('\n'),
    );
    this.problems = problems;
  }
}
