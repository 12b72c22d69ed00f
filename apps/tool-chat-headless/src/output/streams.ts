/** The program's ways out. */
export interface OutputStreams {
  /** Data. */
  readonly stdout: TextSink;
  /** What is for people. */
  readonly stderr: TextSink;
}

/** Something that takes text. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
