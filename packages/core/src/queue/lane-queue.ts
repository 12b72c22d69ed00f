import type { EventMessage } from '../message/message.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import type { EventQueue, QueueEntry } from './event-queue.ts';
import { RingBuffer } from './ring-buffer.ts';

/** Makes the queue without a bound: one FIFO for each lane, and a ring of the lanes that are ready. */
export function createLaneQueue(): EventQueue {
  return new LaneQueue();
}

interface Lane {
  readonly key: string | undefined;
  readonly entries: RingBuffer<QueueEntry>;
  busy: boolean;
  /** In the ring of lanes that may go on. */
  ready: boolean;
}

/** Taking and giving cost the same however many lanes there are, and a lane that has run dry is forgotten. */
class LaneQueue implements EventQueue {
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new RingBuffer<Lane>();
  /** Most events go there; forgetting and remaking its lane for each would cost more than the event. */
  readonly #busLane = createLane(BUS_SCOPE);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  enqueue(entry: QueueEntry): 'accepted' {
    const lane = this.#laneFor(entry.event);
    lane.entries.push(entry);
    this.#size++;
    this.#makeReady(lane);
    entry.accepted();
    return 'accepted';
  }

  next(): QueueEntry | undefined {
    for (let lane = this.#ready.shift(); lane; lane = this.#ready.shift()) {
      lane.ready = false;
      const entry = lane.entries.shift();
      if (!entry) {
        this.#forget(lane);
        continue;
      }
      lane.busy = true;
      this.#size--;
      return entry;
    }
    return undefined;
  }

  release(entry: QueueEntry): void {
    const lane = this.#existing(laneKeyOf(entry.event));
    if (!lane) return;
    lane.busy = false;
    if (lane.entries.length > 0) this.#makeReady(lane);
    else this.#forget(lane);
  }

  remove(matches: (entry: QueueEntry) => boolean): readonly QueueEntry[] {
    const removed = this.#everyLane().flatMap((lane) => lane.entries.remove(matches));
    this.#size -= removed.length;
    for (const lane of this.#ready.remove(({ entries }) => entries.length === 0)) {
      lane.ready = false;
      this.#forget(lane);
    }
    return removed;
  }

  #existing(key: string | undefined): Lane | undefined {
    if (key === BUS_SCOPE) return this.#busLane;
    return key === undefined ? undefined : this.#lanes.get(key);
  }

  #laneFor(event: EventMessage): Lane {
    const key = laneKeyOf(event);
    const known = this.#existing(key);
    if (known) return known;
    const lane = createLane(key);
    if (key !== undefined) this.#lanes.set(key, lane);
    return lane;
  }

  #makeReady(lane: Lane): void {
    if (lane.busy || lane.ready) return;
    lane.ready = true;
    this.#ready.push(lane);
  }

  #forget({ key }: Lane): void {
    if (key !== undefined && key !== BUS_SCOPE) this.#lanes.delete(key);
  }

  /** Lanes without a key are only in the ring. */
  #everyLane(): Lane[] {
    const all = new Set<Lane>([this.#busLane, ...this.#lanes.values()]);
    this.#ready.remove((lane) => {
      all.add(lane);
      return false;
    });
    return [...all];
  }
}

function createLane(key: string | undefined): Lane {
  return { key, entries: new RingBuffer(), busy: false, ready: false };
}

/** An event of lane `'none'` waits for nobody, so its lane has no key. A character that no session's id needs keeps the two kinds apart. */
function laneKeyOf({ lane, sessionId }: EventMessage): string | undefined {
  if (lane === undefined) return sessionId;
  return lane === 'none' ? undefined : `\0${lane}`;
}
