import { ExitCode } from './exit-code.ts';

/** Somebody pressed Ctrl-C. */
class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('Interrupted.');
  }
}

/** What Ctrl-C does: the first ends what goes on, the second the program. */
export interface Interrupts extends Disposable {
  /** Gives the work a signal that the first Ctrl-C aborts. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends what goes on, as Ctrl-C does. */
  interrupt(reason?: Error): void;
}

/** The parts of a process that interrupts need. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): never;
}

/** Listens for Ctrl-C (and a polite kill) until it is disposed; `onExit` may say a last word before the process ends at once. */
export function listenForInterrupts(source: SignalSource, onExit: () => void): Interrupts {
  let controller: AbortController | undefined;
  let pressed = false;
  const onSignal = (): void => {
    if (!controller || (pressed && controller.signal.aborted)) exitAtOnce();
    pressed = true;
    interrupt();
  };
  source.on('SIGINT', onSignal);
  source.on('SIGTERM', onSignal);

  return {
    async during(work) {
      controller = new AbortController();
      pressed = false;
      try {
        return await work(controller.signal);
      } finally {
        controller = undefined;
      }
    },
    interrupt,
    [Symbol.dispose]() {
      source.off('SIGINT', onSignal);
      source.off('SIGTERM', onSignal);
    },
  };

  function exitAtOnce(): never {
    onExit();
    source.exit(ExitCode.interrupted);
  }

  function interrupt(reason: Error = new InterruptedError()): void {
    controller?.abort(reason);
  }
}
