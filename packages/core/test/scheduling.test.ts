import { createFakeClock, createRecordedSignals, type FakeClock } from '@llmgine/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  anyEvent,
  createMessageBus,
  defineEvent,
  every,
  sessionId,
  typeOnly,
  type BusSignal,
  type MessageBus,
} from '../src/index.ts';
import {
  createMemoryScheduledEventStore,
  type MemoryScheduledEventStore,
  type ScheduledEventStore,
} from '../src/stores.ts';
import { forever, gate, Heard, makeBus, now, Said, settle, startBus } from './running-bus.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

describe('5.1 future events', () => {
  it('5.1 an event with a future scheduledAt is held; the receipt says scheduled', async () => {
    const { bus, clock, signals } = await startBus();
    const handledAt: number[] = [];
    bus.registerEventHandler(Said, () => void handledAt.push(clock.now()));
    const at = clock.now() + 1_500;

    const receipt = await bus.publish(Said({ text: '' }, { scheduledAt: at }));

    expect(receipt).toEqual({ status: 'scheduled', scheduledAt: at });
    expect(signals.of('event.scheduled')).toMatchObject([{ scheduledAt: at }]);
    await clock.advanceAsync(1_499);
    expect(handledAt).toEqual([]);
    await clock.advanceAsync(1);
    expect(handledAt).toEqual([at]);
  });

  it('5.1 one with an instant in the past goes on at once', async () => {
    const { bus, clock } = await startBus();

    expect(await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() }))).toMatchObject({
      status: 'processed',
    });
  });

  it('5.1 filters decide before an event is held', async () => {
    const { bus, clock } = await startBus();
    bus.addEventFilter({ name: 'none', accepts: () => false });

    const receipt = await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 1 }));

    expect(receipt).toMatchObject({ status: 'filtered' });
    expect(bus.getStats().scheduledEvents).toBe(0);
  });

  it('5.1 due ones join the queue in order of scheduledAt, then of publication', async () => {
    const { bus, clock } = await startBus();
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
    const start = clock.now();
    for (const [text, inMs] of [
      ['c', 30],
      ['a', 10],
      ['d', 30],
      ['b', 20],
    ] as const) {
      await bus.publish(Said({ text }, { scheduledAt: start + inMs }));
    }

    clock.setNow(start + 10_000); // all fall due together
    await clock.advanceAsync(60_000);

    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  it('5.1 recurring and single events that fall due together keep that order', async () => {
    const { bus, clock } = makeBus({}, createFakeClock({ now: 0 }));
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
    bus.schedule(Said({ text: 'recurring, at 1000' }), every(1_000), { onMissed: 'once' });
    await bus.publish(Said({ text: 'single, at 1500' }, { scheduledAt: 1_500 }));
    await clock.advanceAsync(5_500);

    await bus.start();
    await settle({ clock });

    expect(seen).toEqual(['recurring, at 1000', 'single, at 1500']);
  });

  it('5.1 thousands that fall due together are all published', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const scheduledAt = clock.now() + 10;
    for (let index = 0; index < 3_000; index++)
      void bus.publish(Said({ text: '' }, { scheduledAt }));

    await clock.advanceAsync(10);
    await bus.waitForEvents();

    expect(handled).toBe(3_000);
    expect(bus.getStats().scheduledEvents).toBe(0);
  });

  it('5.1 correct beyond the 24.8-day limit of timers', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 40 * DAY_MS }));

    clock.advance(39.9 * DAY_MS);
    await settle({ clock });
    expect(handled).toBe(0);
    clock.advance(0.2 * DAY_MS);
    await settle({ clock });

    expect(handled).toBe(1);
  });

  it('5.1 correct when the clock is set forward: seen within a minute', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + DAY_MS }));

    clock.setNow(clock.now() + 2 * DAY_MS);
    await clock.advanceAsync(60_000);

    expect(handled).toBe(1);
  });

  it('5.1 correct when the clock is set back: nothing fires early', async () => {
    const { bus, clock } = await startBus();
    const handledAt: number[] = [];
    bus.registerEventHandler(Said, () => void handledAt.push(clock.now()));
    const at = clock.now() + 10_000;
    await bus.publish(Said({ text: '' }, { scheduledAt: at }));

    clock.setNow(clock.now() - 5_000);
    await clock.advanceAsync(60_000);

    expect(handledAt).toEqual([at]);
  });

  it('5.1 a session-bound one reaches its session, with whatever handlers there are then', async () => {
    const { bus, clock } = await startBus();
    const session = await bus.session(sessionId('s'));
    const seen: string[] = [];
    session.registerEventHandler(Said, (event) => void seen.push(event.sessionId));
    await session.publish(Said({ text: '' }, { scheduledAt: clock.now() + 10 }));

    await clock.advanceAsync(10);

    expect(seen).toEqual(['s']);
  });

  it('5.1 a thousand held events cost one timer, none cost none', async () => {
    const { bus, clock } = await startBus();
    expect(clock.pendingTimers).toBe(0);

    for (let index = 1; index <= 1_000; index++) {
      await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + index }));
    }

    expect(clock.pendingTimers).toBe(1);
  });

  it('5.1 an awaited future publish inside a handler does not hold the handler', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, async (_event, context) => {
      await context.publish(Heard({ text: '' }, { scheduledAt: clock.now() + DAY_MS }));
    });

    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
  });
});

describe('5.2 changing and repeating', () => {
  it.each<[string, (after: number) => number]>([
    ['gives NaN', () => Number.NaN],
    ['gives an instant that is not later', () => 5],
    ['throws', () => Number(Symbol('no'))],
  ])('5.2 a recurrence that %s is reported and ends its schedule', async (_, next) => {
    const { bus, clock, signals } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    let calls = 0;
    const oneLater = (after: number): number => (calls++ === 0 ? after + 10 : next(after));

    bus.schedule(Said({ text: '' }), { next: oneLater }, { id: 'odd', onMissed: 'once' });
    await clock.advanceAsync(50);

    expect(handled).toBe(1);
    expect(signals.of('store.failed')).toMatchObject([{ operation: 'schedule' }]);
    expect(await bus.listScheduled()).toEqual([]);
    expect(() => bus.schedule(Said({ text: '' }), every(10), { id: 'odd' })).not.toThrow();
  });

  it('5.2 cancelScheduled takes an event back once', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const event = Said({ text: '' }, { scheduledAt: clock.now() + 10 });
    await bus.publish(event);

    expect([await bus.cancelScheduled(event.id), await bus.cancelScheduled(event.id)]).toEqual([
      true,
      false,
    ]);

    await clock.advanceAsync(100);
    expect(handled).toBe(0);
  });

  it('5.2 reschedule moves an event, earlier and later', async () => {
    const { bus, clock } = await startBus();
    const handledAt: [string, number][] = [];
    bus.registerEventHandler(Said, ({ data }) => void handledAt.push([data.text, clock.now()]));
    const start = clock.now();
    const events = ['earlier', 'later'].map((text) => Said({ text }, { scheduledAt: start + 100 }));
    for (const event of events) await bus.publish(event);

    expect(await bus.reschedule(events[0]!.id, start + 10)).toBe(true);
    expect(await bus.reschedule(events[1]!.id, start + 200)).toBe(true);
    expect(await bus.reschedule('unknown', start)).toBe(false);
    await clock.advanceAsync(1_000);

    expect(handledAt).toEqual([
      ['earlier', start + 10],
      ['later', start + 200],
    ]);
  });

  it('5.2 reschedule into the past fires at once', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const event = Said({ text: '' }, { scheduledAt: clock.now() + 100 });
    await bus.publish(event);

    await bus.reschedule(event.id, 1);
    await settle({ clock });

    expect(handled).toBe(1);
  });

  it('5.2 listScheduled lists what is held, by instant', async () => {
    const { bus, clock } = await startBus();
    const [late, early] = [200, 100].map((inMs) =>
      Said({ text: '' }, { scheduledAt: clock.now() + inMs }),
    );
    await bus.publish(late!);
    await bus.publish(early!);

    expect(await bus.listScheduled()).toEqual(
      [early!, late!].map((event) => ({
        id: event.id,
        event,
        scheduledAt: event.scheduledAt,
        claimed: false,
      })),
    );
  });

  it('5.2 every(ms) recurs at instants counted from the epoch, with occurrence ids', async () => {
    const { bus, clock } = await startBus({}, createFakeClock({ now: 250 }));
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, ({ id }) => void seen.push([id, clock.now()]));

    bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });
    await clock.advanceAsync(3_000);

    expect(seen).toEqual([
      ['tick:1000', 1_000],
      ['tick:2000', 2_000],
      ['tick:3000', 3_000],
    ]);
  });

  it('5.2 disposing a schedule ends it, twice without harm', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const schedule = bus.schedule(Said({ text: '' }), every(10));
    await clock.advanceAsync(30);
    const before = handled;

    schedule[Symbol.dispose]();
    schedule[Symbol.dispose]();
    await clock.advanceAsync(100);

    expect(before).toBe(3);
    expect(handled).toBe(before);
    expect(bus.getStats().scheduledEvents).toBe(0);
  });

  it('5.2 disposed while an occurrence is handled, there is no other', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    const schedule = bus.schedule(Said({ text: '' }), every(10));
    bus.registerEventHandler(Said, async () => {
      handled++;
      await null;
      schedule[Symbol.dispose]();
    });

    await clock.advanceAsync(100);

    expect(handled).toBe(1);
    expect(bus.getStats().scheduledEvents).toBe(0);
  });

  it('5.2 cancelling an occurrence by its id ends the schedule', async () => {
    const { bus, clock } = await startBus({}, createFakeClock({ now: 0 }));
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    bus.schedule(Said({ text: '' }), every(10), { id: 'tick' });
    await settle({ clock });

    expect(await bus.cancelScheduled('tick:10')).toBe(true);
    await clock.advanceAsync(100);

    expect(handled).toBe(0);
  });

  it('5.2 a recurrence that ends, ends', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    const last = clock.now() + 20;
    bus.registerEventHandler(Said, () => void handled++);
    bus.schedule(Said({ text: '' }), { next: (after) => (after < last ? after + 10 : undefined) });

    await clock.advanceAsync(1_000);

    expect(handled).toBe(2);
  });

  it('5.2 a recurrence that throws is reported and ends only itself', async () => {
    const { bus, clock, signals } = await startBus();
    bus.schedule(Said({ text: '' }), {
      next: () => {
        throw new Error('no');
      },
    });
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 10 }));

    await clock.advanceAsync(10);

    expect(signals.of('store.failed')).toMatchObject([{ operation: 'schedule' }]);
    expect(signals.of('event.processed')).toHaveLength(1);
  });

  it('5.2 one occurrence at a time: a slow handler is not overtaken by the next', async () => {
    const { bus, clock } = await startBus({}, createFakeClock({ now: 0 }));
    let running = 0;
    let most = 0;
    let handled = 0;
    bus.registerEventHandler(Said, async (_event, { signal }) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => {
        clock.setTimer(resolve, 25);
        signal.addEventListener('abort', () => resolve());
      });
      running--;
      handled++;
    });
    bus.schedule(Said({ text: '' }), every(10));

    await clock.advanceAsync(200);

    expect(most).toBe(1);
    expect(handled).toBeGreaterThan(3);
  });

  it.each([
    ['skip', []],
    ['once', [1_000]],
  ] as const)(
    "5.2 onMissed '%s' for occurrences that fell due while nobody ran",
    async (onMissed, expected) => {
      const { bus, clock } = makeBus({}, createFakeClock({ now: 0 }));
      const seen: unknown[] = [];
      bus.registerEventHandler(Said, (event) => void seen.push(event.scheduledAt));
      bus.schedule(Said({ text: '' }), every(1_000), { onMissed });
      await clock.advanceAsync(5_500);

      await bus.start();
      await settle({ clock });
      expect(seen).toEqual(expected);
      await clock.advanceAsync(1_000);

      expect(seen).toEqual([...expected, 6_000]);
    },
  );
});

/** Two processes on one store, each with a bus. */
function twoBuses(store: ScheduledEventStore, clock: FakeClock) {
  return [0, 1].map(() => {
    const signals = createRecordedSignals();
    const bus = createMessageBus({ clock, scheduledEvents: store });
    bus.addObserver(signals);
    onTestFinished(async () => {
      const stopped = bus.stop({ deadlineMs: 0 });
      await clock.advanceAsync(1);
      await stopped;
    });
    return { bus, signals };
  }) as [
    { bus: MessageBus; signals: ReturnType<typeof createRecordedSignals> },
    { bus: MessageBus; signals: ReturnType<typeof createRecordedSignals> },
  ];
}

function sharedStore(): { clock: FakeClock; store: MemoryScheduledEventStore } {
  const clock = createFakeClock({ now: 0 });
  return { clock, store: createMemoryScheduledEventStore({ clock }) };
}

describe('5.2 a schedule on a shared store', () => {
  it('5.2 goes on although another process knows the type, but not the schedule', async () => {
    const { clock, store } = sharedStore();
    const [owner, other] = twoBuses(store, clock);
    const seen: string[] = [];
    for (const { bus } of [other, owner]) {
      bus.registerEventHandler(Said, ({ id }) => void seen.push(id));
      await bus.start();
    }
    owner.bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });

    await clock.advanceAsync(3_500);

    expect(seen).toEqual(['tick:1000', 'tick:2000', 'tick:3000']);
  });

  it('5.2 stays stored and is reported once while nobody has it, and goes on when somebody has', async () => {
    const { clock, store } = sharedStore();
    const [gone, here] = twoBuses(store, clock);
    gone.bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });
    await settle({ clock });
    const seen: string[] = [];
    here.bus.registerEventHandler(Said, ({ id }) => void seen.push(id));
    await clock.advanceAsync(4_000);
    await here.bus.start();

    await clock.advanceAsync(1_500);
    const whileUnknown = [...seen];
    here.bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick', onMissed: 'once' });
    await clock.advanceAsync(1_000);

    expect(whileUnknown).toEqual([]);
    expect(here.signals.of('schedule.unknown-schedule')).toMatchObject([
      { schedule: 'tick', id: 'tick:1000' },
    ]);
    expect(seen).toEqual(['tick:1000', 'tick:6000']);
  });

  it('5.2 goes on where another process has ended it', async () => {
    const { clock, store } = sharedStore();
    const [leaving, staying] = twoBuses(store, clock);
    const seen: string[] = [];
    staying.bus.registerEventHandler(Said, ({ id }) => void seen.push(id));
    const [left] = [leaving, staying].map(({ bus }) =>
      bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' }),
    );
    await staying.bus.start();
    await clock.advanceAsync(1_500);

    left![Symbol.dispose]();
    await clock.advanceAsync(3_000);

    expect(seen.at(-1)).toBe('tick:4000');
    expect(seen.length).toBeGreaterThanOrEqual(3);
  });

  it('5.2 begins when the store is there again', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: failing(store, 'save', 1) }, clock);
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ id }) => void seen.push(id));

    bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });
    await clock.advanceAsync(2_500);

    expect(seen).toEqual(['tick:1000', 'tick:2000']);
  });

  it('5.2 comes earlier at once when its recurrence becomes a denser one, unless its occurrence was moved', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    bus.registerEventHandler(Said, () => {});
    for (const id of ['hourly', 'moved']) {
      const old = Said(
        { text: '' },
        { id: `${id}:${HOUR_MS}`, scheduledAt: HOUR_MS, metadata: { 'llmgine.schedule': id } },
      );
      await store.save([old]);
    }
    await store.reschedule(`moved:${HOUR_MS}`, 2 * HOUR_MS);

    for (const id of ['hourly', 'moved']) bus.schedule(Said({ text: '' }), every(60_000), { id });
    await settle({ clock });

    const held = (await bus.listScheduled()).map(({ id, scheduledAt }) => [id, scheduledAt]);
    expect(held).toEqual([
      ['hourly:60000', 60_000],
      [`moved:${HOUR_MS}`, 2 * HOUR_MS],
    ]);
  });
});

describe('5.1 a second event under an id that is held', () => {
  it('5.1 is not held, and the receipt says so and when the first is due', async () => {
    const { bus, clock } = await startBus({}, createFakeClock({ now: 0 }));
    const signals = createRecordedSignals();
    bus.addObserver(signals);
    await bus.publish(Said({ text: 'first' }, { id: 'a', scheduledAt: 100 }));

    const receipt = await bus.publish(Said({ text: 'second' }, { id: 'a', scheduledAt: 200 }));

    expect(receipt).toEqual({ status: 'scheduled', scheduledAt: 100, alreadyHeld: true });
    expect(signals.of('event.scheduled')).toHaveLength(1);
    expect(await bus.listScheduled()).toMatchObject([{ event: { data: { text: 'first' } } }]);
    await clock.advanceAsync(300);
  });
});

describe('5.3 with a store', () => {
  it('5.3 stored when accepted, claimed when due, settled after the handlers', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    const opened = gate();
    bus.registerEventHandler(Said, () => opened.promise);

    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));
    expect(store.size).toBe(1);
    await clock.advanceAsync(100);
    expect(await bus.listScheduled()).toMatchObject([{ claimed: true }]);
    opened.resolve();
    await settle({ clock });

    expect(store.size).toBe(0);
  });

  it('5.3 a failed handler settles too: its failure is in receipt and signal', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')));
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));

    await clock.advanceAsync(100);

    expect(store.size).toBe(0);
    expect(bus.getEventErrors()).toHaveLength(1);
  });

  it('5.3 the lease is extended while handlers run', async () => {
    const { clock, store } = sharedStore();
    const [one, other] = twoBuses(store, clock);
    let handled = 0;
    for (const { bus } of [one, other]) {
      bus.registerEventHandler(Said, async () => {
        handled++;
        await new Promise<void>((resolve) => clock.setTimer(resolve, 300_000));
      });
      await bus.start();
    }
    await one.bus.publish(Said({ text: '' }, { scheduledAt: 100 }));

    await clock.advanceAsync(600_000);

    expect(handled).toBe(1);
    expect(store.size).toBe(0);
  });

  it('5.3 a crash before settling: delivered again after restart', async () => {
    const { clock, store } = sharedStore();
    const [crashing, after] = twoBuses(store, clock);
    const seen: string[] = [];
    crashing.bus.registerEventHandler(Said, () => {
      seen.push('crashing');
      return forever();
    });
    after.bus.registerEventHandler(Said, () => void seen.push('after'));
    await store.save([Said({ text: '' }, { scheduledAt: 100 })]);
    clock.advance(100);
    await store.claimDue({ count: 1, leaseMs: 30_000 }); // a process that is gone now

    await after.bus.start();
    await clock.advanceAsync(29_000);
    expect(seen).toEqual([]);
    await clock.advanceAsync(2_000);

    expect(seen).toEqual(['after']);
    expect(store.size).toBe(0);
  });

  it('5.3 leaseMs says how long an event stays with a process that died', async () => {
    const { clock, store } = sharedStore();
    const requested: number[] = [];
    const watched: ScheduledEventStore = {
      ...bound(store),
      claimDue(request) {
        requested.push(request.leaseMs);
        return store.claimDue(request);
      },
    };

    await startBus({ scheduledEvents: watched }, clock);
    await startBus({ scheduledEvents: watched, leaseMs: 1_500 }, clock);

    expect(requested).toEqual([30_000, 1_500]);
  });

  it("5.3 an event is due by the store's clock, however wrong that of the process is", async () => {
    const { clock: storeClock, store } = sharedStore();
    const { onEarlier: _, ...mute } = bound(store);
    const clock = createFakeClock({ now: -60_000 });
    const { bus } = await startBus({ scheduledEvents: mute }, clock);
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const passTime = async (durationMs: number): Promise<void> => {
      storeClock.advance(durationMs);
      await clock.advanceAsync(durationMs);
    };

    await bus.publish(Said({ text: '' }, { id: 'a', scheduledAt: 1_000 }));
    await settle({ clock });
    await passTime(1_000);
    const handledInTime = handled;
    await bus.publish(Said({ text: '' }, { id: 'b', scheduledAt: 90_000 }));
    await bus.reschedule('b', 2_000);
    await settle({ clock });
    await passTime(1_000);

    expect([handledInTime, handled]).toEqual([1, 2]);
  });

  it('5.3 a store that refuses rejects the publish and is reported', async () => {
    const { clock, store } = sharedStore();
    const { bus, signals } = await startBus({ scheduledEvents: failing(store, 'save', 1) }, clock);

    await expect(bus.publish(Said({ text: '' }, { scheduledAt: 100 }))).rejects.toThrow(
      'unreachable',
    );

    expect(signals.of('store.failed')).toMatchObject([
      { store: 'scheduled-events', operation: 'save' },
    ]);
  });

  it('5.3 a store that fails to claim is asked again', async () => {
    const { clock, store } = sharedStore();
    let handled = 0;
    const { bus } = await startBus({ scheduledEvents: failing(store, 'claimDue', 3) }, clock);
    bus.registerEventHandler(Said, () => void handled++);
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));

    await clock.advanceAsync(5_000);

    expect(handled).toBe(1);
  });

  it('5.3 a store that fails to settle once delivers again when the lease has lapsed, and a schedule goes on', async () => {
    const { clock, store } = sharedStore();
    const seen: string[] = [];
    const { bus, signals } = await startBus(
      { scheduledEvents: failing(store, 'settle', 1) },
      clock,
    );
    bus.registerEventHandler(Said, ({ id }) => void seen.push(id));
    bus.schedule(Said({ text: '' }), every(100_000), { id: 'tick' });

    await clock.advanceAsync(350_000);

    expect(signals.of('store.failed')).toMatchObject([{ operation: 'settle' }]);
    expect(seen).toEqual(['tick:100000', 'tick:100000', 'tick:200000', 'tick:300000']);
  });

  it('5.3 claims that come when the bus has stopped are given back', async () => {
    const { clock, store } = sharedStore();
    const slow = gate();
    let isSlow = false;
    const slowStore: ScheduledEventStore = {
      ...bound(store),
      claimDue: async (request) => {
        const claims = await store.claimDue(request);
        if (isSlow) await slow.promise;
        return claims;
      },
    };
    const { bus } = await startBus({ scheduledEvents: slowStore }, clock);
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));
    isSlow = true;
    await clock.advanceAsync(100);
    const stopped = bus.stop({ deadlineMs: 10 });
    await clock.advanceAsync(10);
    await stopped;

    slow.resolve();
    await settle({ clock });

    expect(handled).toBe(0);
    expect(await bus.listScheduled()).toMatchObject([{ claimed: false }]);
    expect(bus.getStats().queueSize).toBe(0);
  });

  it('5.3 stop waits for the settling of what is handled', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    const opened = gate();
    bus.registerEventHandler(Said, () => opened.promise);
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));
    await clock.advanceAsync(100);
    const stopped = bus.stop();
    await settle({ clock });

    opened.resolve();
    await stopped;

    expect(store.size).toBe(0);
  });

  it('5.3 what the deadline of a stop cuts off stays stored', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    bus.registerEventHandler(Said, forever);
    void bus.publish(Said({ text: 'in the way' }));
    await bus.publish(Said({ text: 'due' }, { scheduledAt: 100 }));
    await clock.advanceAsync(100);
    const stopped = bus.stop({ deadlineMs: 10 });

    await clock.advanceAsync(10);
    await stopped;

    expect(await bus.listScheduled()).toMatchObject([
      { event: { data: { text: 'due' } }, claimed: false },
    ]);
  });

  it('5.3 reset leaves in a given store what is stored', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));

    await bus.reset();

    expect(store.size).toBe(1);
  });
});

describe('5.4 several processes on one store', () => {
  it('5.4 each occurrence is dispatched by one of them', async () => {
    const { clock, store } = sharedStore();
    const buses = twoBuses(store, clock);
    const seen: string[] = [];
    for (const { bus } of buses) {
      bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
      await bus.start();
    }
    for (let index = 0; index < 50; index++) {
      await buses[index % 2]!.bus.publish(Said({ text: `${index}` }, { scheduledAt: 100 + index }));
    }

    await clock.advanceAsync(1_000);

    expect(seen).toHaveLength(50);
    expect(new Set(seen).size).toBe(50);
  });

  it('5.4 a schedule that both have recurs once per instant, whoever takes it, also when one of them stops', async () => {
    const { clock, store } = sharedStore();
    const buses = twoBuses(store, clock);
    const seen: [string, number][] = [];
    for (const [index, { bus }] of buses.entries()) {
      bus.registerEventHandler(Said, ({ id }) => void seen.push([id, index]));
      bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });
    }
    await buses[0].bus.start();
    await clock.advanceAsync(2_500);
    await buses[0].bus.stop();
    await buses[1].bus.start();
    await clock.advanceAsync(2_000);
    await buses[0].bus.start();
    await buses[1].bus.stop();
    await clock.advanceAsync(2_000);

    expect(seen).toEqual([
      ['tick:1000', 0],
      ['tick:2000', 0],
      ['tick:3000', 1],
      ['tick:4000', 1],
      ['tick:5000', 0],
      ['tick:6000', 0],
    ]);
  });

  it('5.4 a lost lease aborts context.signal and cannot settle', async () => {
    const { clock, store } = sharedStore();
    let isLosing = false;
    const losing = {
      ...bound(store),
      extend: async (...given: Parameters<ScheduledEventStore['extend']>) =>
        isLosing ? false : store.extend(...given),
    };
    const { bus, signals } = await startBus({ scheduledEvents: losing }, clock);
    let signal: AbortSignal | undefined;
    bus.registerEventHandler(Said, (_event, context) => {
      ({ signal } = context);
      return forever();
    });
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));
    await clock.advanceAsync(100);

    isLosing = true;
    await clock.advanceAsync(10_000);

    expect(signal?.reason).toMatchObject({ code: 'LLMGINE_LEASE_LOST' });
    expect(signals.of('schedule.lease-lost')).toHaveLength(1);
    expect(store.size).toBe(1);
  });

  it('5.4 an extension under way when the event is done is the last', async () => {
    const { clock, store } = sharedStore();
    const [slow, handled] = [gate(), gate()];
    let extensions = 0;
    const slowly: ScheduledEventStore = {
      ...bound(store),
      extend: async (...given) => {
        extensions++;
        await slow.promise;
        return store.extend(...given).then(() => true);
      },
    };
    const { bus, signals } = await startBus({ scheduledEvents: slowly }, clock);
    bus.registerEventHandler(Said, () => handled.promise);
    await bus.publish(Said({ text: '' }, { scheduledAt: 100 }));
    await clock.advanceAsync(10_100);
    handled.resolve();
    await settle({ clock });

    slow.resolve();
    await clock.advanceAsync(60_000);

    expect(extensions).toBe(1);
    expect(signals.of('schedule.lease-lost')).toEqual([]);
  });

  it('5.4 a lease that is lost before the event could begin: it is left to whoever took it over', async () => {
    const { clock, store } = sharedStore();
    const opened = gate();
    const losing = { ...bound(store), extend: async () => false };
    const { bus } = await startBus({ scheduledEvents: losing }, clock);
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => {
      seen.push(data.text);
      return data.text === 'in the way' ? opened.promise : undefined;
    });
    void bus.publish(Said({ text: 'in the way' }));
    await bus.publish(Said({ text: 'due' }, { scheduledAt: 100 }));
    await clock.advanceAsync(15_000);

    opened.resolve();
    await settle({ clock });

    expect(seen).toEqual(['in the way']);
    expect(bus.getStats().queueSize).toBe(0);
  });
});

describe('1.6 versions of stored events', () => {
  const Second = defineEvent('second', {
    data: typeOnly<{ readonly words: readonly string[] }>(),
    version: 2,
    upcast: { 1: ({ text }: { text: string }) => ({ words: text.split(' ') }) },
  });
  const stored = (version: number, data: unknown) => ({
    ...Second({ words: [] }, { scheduledAt: 100 }),
    version,
    data: data as { words: string[] },
  });

  it('1.6 upcast raises stored older data when it is read', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    const seen: unknown[] = [];
    bus.registerEventHandler(Second, ({ data, version }) => void seen.push([data, version]));
    await store.save([stored(1, { text: 'a b' })]);

    await clock.advanceAsync(100);

    expect(seen).toEqual([[{ words: ['a', 'b'] }, 2]]);
    expect(store.size).toBe(0);
  });

  it('1.6 a newer version than known is refused with a clear error, kept where it is, and stops no other', async () => {
    const { clock, store } = sharedStore();
    const { bus, signals } = await startBus({ scheduledEvents: store }, clock);
    let handled = 0;
    bus.registerEventHandler(Second, () => void handled++);
    await store.save([stored(3, {}), stored(2, { words: [] })]);

    await clock.advanceAsync(10_000);

    expect(handled).toBe(1);
    expect(store.size).toBe(1);
    expect(signals.of('store.failed')[0]).toMatchObject({
      error: { code: 'LLMGINE_NEWER_MESSAGE_VERSION', storedVersion: 3, knownVersion: 2 },
    });
  });
});

describe('5.5 unknown types', () => {
  const Stranger = defineEvent('stranger', { data: typeOnly<unknown>() });

  it('5.5 a stored event whose type is unknown here stays stored, is not claimed, is reported once, and stops no other', async () => {
    const { clock, store } = sharedStore();
    const { bus, signals } = await startBus({ scheduledEvents: store }, clock);
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    const stranger = Stranger({}, { scheduledAt: 10 });
    await store.save([
      stranger,
      Stranger({}, { scheduledAt: 20 }),
      Said({ text: '' }, { scheduledAt: 50 }),
    ]);

    await clock.advanceAsync(200_000);

    expect(handled).toBe(1);
    expect(await bus.listScheduled()).toMatchObject([{ claimed: false }, { claimed: false }]);
    const reported: BusSignal[] = [...signals.of('schedule.unknown-type')];
    expect(reported).toMatchObject([{ eventType: 'stranger', id: stranger.id }]);
  });

  it('5.5 it is handled as soon as its type is known, by a handler or by name', async () => {
    const { clock, store } = sharedStore();
    const { bus, signals } = await startBus({ scheduledEvents: store }, clock);
    await store.save([Stranger({}, { scheduledAt: 10 })]);
    await clock.advanceAsync(100);

    bus.registerEventHandler(Stranger, () => {});
    await settle({ clock });

    expect(store.size).toBe(0);
    expect(signals.of('event.processed')).toHaveLength(1);
    const named = await startBus({ scheduledEvents: store, messages: [Stranger] }, clock);
    await store.save([Stranger({}, { scheduledAt: 10 })]);
    await settle({ clock });
    expect(named.signals.of('event.processed').length + signals.of('event.processed').length).toBe(
      2,
    );
  });

  it('5.5 a handler of every event knows every type', async () => {
    const { clock, store } = sharedStore();
    const { bus } = await startBus({ scheduledEvents: store }, clock);
    const seen: string[] = [];
    bus.registerEventHandler(anyEvent, ({ type }) => void seen.push(type));
    await store.save([Stranger({}, { scheduledAt: 10 })]);

    await clock.advanceAsync(100);

    expect(seen).toEqual(['stranger']);
  });
});

/** Every method bound, so that it can be spread and replaced. */
function bound(store: MemoryScheduledEventStore): ScheduledEventStore {
  return {
    now: () => store.now(),
    save: (events) => store.save(events),
    claimDue: (request) => store.claimDue(request),
    extend: (claim, leaseMs) => store.extend(claim, leaseMs),
    settle: (claim, next) => store.settle(claim, next),
    release: (claim) => store.release(claim),
    cancel: (id) => store.cancel(id),
    reschedule: (id, at) => store.reschedule(id, at),
    list: () => store.list(),
    nextDueInMs: (known) => store.nextDueInMs(known),
    onEarlier: (wake) => store.onEarlier(wake),
    unknownWork: (known) => store.unknownWork?.(known) ?? Promise.resolve([]),
  };
}

/** A store one of whose methods is out of reach so many times. */
function failing(
  store: MemoryScheduledEventStore,
  method: 'save' | 'claimDue' | 'settle',
  times: number,
): ScheduledEventStore {
  const working = bound(store);
  let left = times;
  const unreachable = (...given: unknown[]): Promise<never> =>
    left-- > 0
      ? Promise.reject(new Error('unreachable'))
      : (working[method] as (...given: unknown[]) => Promise<never>)(...given);
  return { ...working, [method]: unreachable };
}
