import { describe, expect, it, vi } from 'vitest';
import { LazySignal, toAbortSignal, type AbortNotice } from './lazy-signal.ts';

describe('LazySignal', () => {
  it('tells its listeners and its signal of the abort, once, with the reason', () => {
    const lazy = new LazySignal();
    const heard = vi.fn<() => unknown>(() => lazy.reason);
    const signal = lazy.value;
    lazy.addEventListener('abort', heard);

    lazy.abort('first');
    lazy.abort('second');

    expect(heard.mock.results).toEqual([{ type: 'return', value: 'first' }]);
    expect([lazy.aborted, signal.aborted, signal.reason]).toEqual([true, true, 'first']);
  });

  it('shows an abort to a signal that is made later', () => {
    const lazy = new LazySignal();
    lazy.abort('reason');

    expect(lazy.value.aborted).toBe(true);
    expect(lazy.value.reason).toBe('reason');
    expect(lazy.value).toBe(lazy.value);
  });

  it('tells none that has left, and none that comes after the abort', () => {
    const lazy = new LazySignal();
    const left = vi.fn<() => void>();
    const late = vi.fn<() => void>();
    const stays = vi.fn<() => void>(() => lazy.addEventListener('abort', late));
    lazy.addEventListener('abort', left);
    lazy.addEventListener('abort', stays);
    lazy.removeEventListener('abort', left);

    lazy.abort('reason');
    lazy.abort('again');

    expect([left, stays, late].map(({ mock }) => mock.calls.length)).toEqual([0, 1, 0]);
  });

  it('gives an AbortError where no reason is given, as an AbortController does', () => {
    const lazy = new LazySignal();
    const signal = lazy.value;
    lazy.abort();

    expect(lazy.reason).toMatchObject({ name: 'AbortError' });
    expect(signal.reason).toBe(lazy.reason);
  });
});

describe('toAbortSignal', () => {
  it('gives an AbortSignal back, and the own signal of a lazy one', () => {
    const { signal } = new AbortController();
    const lazy = new LazySignal();

    expect(toAbortSignal(signal)).toBe(signal);
    expect(toAbortSignal(lazy)).toBe(lazy.value);
  });

  it('follows any other notice, aborted before or after', () => {
    const lazy = new LazySignal();
    const other: AbortNotice = {
      get aborted() {
        return lazy.aborted;
      },
      get reason() {
        return lazy.reason;
      },
      addEventListener: (type, listener) => lazy.addEventListener(type, listener),
      removeEventListener: (type, listener) => lazy.removeEventListener(type, listener),
    };
    const before = toAbortSignal(other);
    lazy.abort('reason');

    for (const signal of [before, toAbortSignal(other)]) expect(signal.reason).toBe('reason');
  });
});
