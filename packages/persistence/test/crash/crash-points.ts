/** Where a worker may be told to die. */
export const crashPoints = [
  'after-save',
  'after-claim',
  'while-handling',
  'before-settle',
  'after-settle',
  'inside-a-transaction',
  'before-append',
  'after-append',
  'before-log-flush',
  'after-dead-letter',
] as const;

/** The name of a place to die. */
export type CrashPoint = (typeof crashPoints)[number];

/** Makes a worker kill itself when it passes `point` for the given time; nothing of it runs afterwards. */
export function createCrasher(point: string | undefined, passes: number): (at: CrashPoint) => void {
  let left = passes;

  return (at) => {
    if (at !== point || --left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way; nothing may happen until it arrives.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  };
}
