import type { Clock } from '@llmgine/core/timing';
import type { TextSink } from './streams.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** What takes less is not worth a flicker. */
const PATIENCE_MS = 200;
const CLEAR_LINE = '\r\u001B[2K';

/** Shows that something goes on, and for how long. */
export interface Spinner {
  show(label: string): void;
  stop(): void;
  /** Writes lines without leaving a torn spinner behind. */
  above(write: () => void): void;
}

/** Makes a spinner on a terminal; anywhere else it shows nothing. */
export function createSpinner({
  sink,
  clock,
}: {
  readonly sink: TextSink;
  readonly clock: Clock;
}): Spinner {
  if (!sink.isTTY) return { show: () => {}, stop: () => {}, above: (write) => write() };
  let label: string | undefined;
  let startedAt = 0;
  let frame = 0;
  let drawn = false;
  let timer: Disposable | undefined;

  return {
    show(next) {
      if (label === undefined) {
        startedAt = clock.monotonic();
        timer = clock.setTimer(tick, PATIENCE_MS);
      }
      label = next;
    },
    stop() {
      timer?.[Symbol.dispose]();
      timer = undefined;
      label = undefined;
      clear();
    },
    above(write) {
      clear();
      write();
    },
  };

  function tick(): void {
    const seconds = Math.floor((clock.monotonic() - startedAt) / 1000);
    const text = `${FRAMES[frame++ % FRAMES.length]} ${label}${seconds > 0 ? ` ${seconds}s` : ''}`;
    sink.write(`${CLEAR_LINE}${text.slice(0, Math.max((sink.columns ?? 80) - 1, 10))}`);
    drawn = true;
    timer = clock.setTimer(tick, FRAME_MS);
  }

  function clear(): void {
    if (drawn) sink.write(CLEAR_LINE);
    drawn = false;
  }
}
