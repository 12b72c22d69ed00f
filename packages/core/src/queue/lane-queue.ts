import type { EventMessage } from '../message/message.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import type { EventQueue, QueueEntry } from './event-queue.ts';
import { RingBuffer } from './ring-buffer.ts';

interface Lane {
  readonly key: string;
  readonly entries: RingBuffer<QueueEntry>;
  busy: boolean;
  /** In the ring of lanes that may go on. */
  ready: boolean;
}

/** An event of lane `'none'` waits for nobody, so it has no key. */
function laneKeyOf(event: EventMessage): string | undefined {
  const { lane } = event;
  if (lane === undefined) return event.sessionId;
  // A session may be called 'key:…' too; the space keeps the two apart, since it can begin no session lane of ours.
  return lane === 'none' ? undefined : ` ${lane}`;
}

/**
 * Makes the queue without a bound: one FIFO for each lane, and a ring of the lanes that are ready.
 * Taking and giving cost the same however many lanes there are, and a lane that has run dry is forgotten.
 */
export function createLaneQueue(): EventQueue {
  const lanes = new Map<string, Lane>();
  const ready = new RingBuffer<Lane>();
  // Most events go there; forgetting and remaking its lane for each would cost more than the event.
  const busLane = createLane(BUS_SCOPE);
  let size = 0;

  return {
    get size() {
      return size;
    },
    enqueue(entry) {
      const lane = laneFor(entry.event);
      lane.entries.push(entry);
      size++;
      makeReady(lane);
      entry.accepted();
      return 'accepted';
    },
    next() {
      for (let lane = ready.shift(); lane; lane = ready.shift()) {
        lane.ready = false;
        const entry = lane.entries.shift();
        if (!entry) {
          forget(lane);
          continue;
        }
        lane.busy = true;
        size--;
        return entry;
      }
      return undefined;
    },
    release(entry) {
      const key = laneKeyOf(entry.event);
      const lane = key === undefined ? undefined : existing(key);
      if (!lane) return;
      lane.busy = false;
      if (lane.entries.length > 0) makeReady(lane);
      else forget(lane);
    },
    remove(matches) {
      const removed = everyLane().flatMap((lane) => lane.entries.remove(matches));
      size -= removed.length;
      for (const lane of ready.remove(({ entries }) => entries.length === 0)) {
        lane.ready = false;
        forget(lane);
      }
      return removed;
    },
  };

  function createLane(key: string): Lane {
    return { key, entries: new RingBuffer(), busy: false, ready: false };
  }

  function existing(key: string): Lane | undefined {
    return key === BUS_SCOPE ? busLane : lanes.get(key);
  }

  function laneFor(event: EventMessage): Lane {
    const key = laneKeyOf(event);
    if (key === undefined) return createLane('');
    const known = existing(key);
    if (known) return known;
    const lane = createLane(key);
    lanes.set(key, lane);
    return lane;
  }

  function makeReady(lane: Lane): void {
    if (lane.busy || lane.ready) return;
    lane.ready = true;
    ready.push(lane);
  }

  function forget(lane: Lane): void {
    if (lanes.get(lane.key) === lane) lanes.delete(lane.key);
  }

  /** Lanes without a key are only in the ring. */
  function everyLane(): Lane[] {
    const all = new Set<Lane>([busLane, ...lanes.values()]);
    ready.remove((lane) => {
      all.add(lane);
      return false;
    });
    return [...all];
  }
}
