import { describe, expect, it } from 'vitest';
import type { BusObserver, BusSignalType } from './bus-signal.ts';
import { createSignalHub } from './signal-hub.ts';

function changeable() {
  const watchers = new Set<() => void>();
  let wanted: readonly BusSignalType[] = [];
  const seen: BusSignalType[] = [];
  const observer: BusObserver = {
    get signals() {
      return wanted;
    },
    observe: ({ type }) => void seen.push(type),
    onChange(changed) {
      watchers.add(changed);
      return { [Symbol.dispose]: () => void watchers.delete(changed) };
    },
  };
  const want = (...types: BusSignalType[]): void => {
    wanted = types;
    for (const changed of watchers) changed();
  };
  return { observer, seen, want, watchers };
}

describe('createSignalHub', () => {
  it.each<BusSignalType>([
    'event.published',
    'event.queued',
    'event.processed',
    'command.started',
    'command.completed',
    'handler.started',
    'handler.finished',
    'session.started',
  ])('wants %s exactly while an observer does', (type) => {
    const hub = createSignalHub();
    expect(hub.wants(type)).toBe(false);

    const other = hub.add({ signals: ['bus.started'], observe: () => {} });
    expect(hub.wants(type)).toBe(false);
    const registration = hub.add({ signals: [type], observe: () => {} });
    expect(hub.wants(type)).toBe(true);

    registration[Symbol.dispose]();
    expect(hub.wants(type)).toBe(false);
    other[Symbol.dispose]();
  });

  it('asks an observer again what it wants when it says that this has changed', () => {
    const hub = createSignalHub();
    const { observer, seen, want } = changeable();
    hub.add(observer);
    hub.emit({ type: 'bus.started', at: 0 });

    want('bus.started');
    hub.emit({ type: 'bus.started', at: 1 });

    expect(hub.wants('bus.started')).toBe(true);
    expect(seen).toEqual(['bus.started']);
  });

  it('listens to no observer that was taken out', () => {
    const hub = createSignalHub();
    const { observer, want, watchers } = changeable();

    hub.add(observer)[Symbol.dispose]();
    want('bus.started');

    expect(watchers.size).toBe(0);
    expect(hub.wants('bus.started')).toBe(false);
  });

  it('contains an observer that rejects later, and reports it to the others', async () => {
    const hub = createSignalHub();
    const seen: string[] = [];
    const observe = (() => Promise.reject(new Error('later'))) as unknown as BusObserver['observe'];
    hub.add({ observe });
    hub.add({
      observe: (signal) => {
        if (signal.type === 'observer.failed') seen.push(signal.error.message);
      },
    });

    hub.emit({ type: 'bus.started', at: 0 });
    await new Promise((resolve) => setImmediate(resolve));

    expect(seen).toEqual(['later']);
  });
});
