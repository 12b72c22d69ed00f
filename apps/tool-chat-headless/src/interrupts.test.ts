import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { listenForInterrupts, type SignalSource } from './interrupts.ts';

class ProgramEndedError extends Error {}

function startSource() {
  const emitter = new EventEmitter();
  const exit = vi.fn<(code: number) => never>(() => {
    throw new ProgramEndedError();
  });
  const source: SignalSource = {
    on: (signal, listener) => emitter.on(signal, listener),
    off: (signal, listener) => emitter.off(signal, listener),
    exit,
  };
  return {
    source,
    exit,
    emitter,
    onExit: vi.fn<() => void>(),
    press: () => emitter.emit('SIGINT'),
  };
}

function never(signal: AbortSignal, seen: (signal: AbortSignal) => void): Promise<never> {
  seen(signal);
  return new Promise(() => {});
}

describe('listenForInterrupts', () => {
  it('15.5 aborts the work at the first Ctrl-C and ends the program at the second', () => {
    const { source, exit, onExit, press } = startSource();
    using interrupts = listenForInterrupts(source, onExit);
    let working: AbortSignal | undefined;
    void interrupts.during((signal) => never(signal, (seen) => (working = seen)));

    press();
    expect(working?.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();

    expect(press).toThrow(ProgramEndedError);
    expect(exit).toHaveBeenCalledWith(130);
    expect(onExit).toHaveBeenCalledOnce();
  });

  it('aborts the next work, too, when the one before took its abort', async () => {
    const { source, exit, onExit, press } = startSource();
    using interrupts = listenForInterrupts(source, onExit);
    await interrupts.during(async () => void press());

    let working: AbortSignal | undefined;
    void interrupts.during((signal) => never(signal, (seen) => (working = seen)));
    press();

    expect(working?.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  it('ends the program at once when nothing goes on', () => {
    const { source, exit, onExit, press } = startSource();
    using _interrupts = listenForInterrupts(source, onExit);

    expect(press).toThrow(ProgramEndedError);
    expect(exit).toHaveBeenCalledWith(130);
  });

  it('leaves the signals alone once it is disposed', () => {
    const { source, emitter, onExit } = startSource();
    listenForInterrupts(source, onExit)[Symbol.dispose]();

    expect(emitter.listenerCount('SIGINT')).toBe(0);
    expect(emitter.listenerCount('SIGTERM')).toBe(0);
  });
});
