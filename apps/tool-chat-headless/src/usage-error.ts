/** The command line asks for something that cannot be. The message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
