import { RingBuffer, type QueueEntry } from '@llmgine/core';

/** Left-overs are cleaned out when there are more of them than of the others, but not for so few. */
const FEW = 64;

/** What an entry's ticket says: it may be thrown out, or has been and is still in its lane. */
type Ticket = 'evictable' | 'left-over' | undefined;

/**
 * The queued entries that may be thrown out, oldest first. An entry that was thrown out stays behind in its lane as a
 * left-over, to be skipped, so that throwing out costs the same wherever in its lane the entry is.
 */
export class EvictableEntries {
  /** In order; those that are not evictable any more are skipped. */
  readonly #order = new RingBuffer<QueueEntry>();
  #evictable = 0;
  #leftOvers = 0;

  get leftOvers(): number {
    return this.#leftOvers;
  }

  get tooManyLeftOvers(): boolean {
    return this.#leftOvers > FEW && this.#leftOvers > this.#evictable;
  }

  add(entry: QueueEntry): void {
    mark(entry, 'evictable');
    this.#evictable++;
    this.#order.push(entry);
    if (this.#order.length > FEW && this.#order.length > 2 * this.#evictable) {
      this.#order.remove((other) => ticketOf(other) !== 'evictable');
    }
  }

  /** The entry has left its lane. True: it was a left-over. */
  leave(entry: QueueEntry): boolean {
    const ticket = ticketOf(entry);
    if (ticket === undefined) return false;
    mark(entry, undefined);
    if (ticket === 'evictable') this.#evictable--;
    else this.#leftOvers--;
    return ticket === 'left-over';
  }

  /** Takes the oldest one out; it stays behind in its lane. */
  evictOldest(): QueueEntry | undefined {
    for (let entry = this.#order.shift(); entry; entry = this.#order.shift()) {
      if (ticketOf(entry) !== 'evictable') continue;
      mark(entry, 'left-over');
      this.#evictable--;
      this.#leftOvers++;
      return entry;
    }
    return undefined;
  }

  isLeftOver(entry: QueueEntry): boolean {
    return ticketOf(entry) === 'left-over';
  }
}

function ticketOf(entry: QueueEntry): Ticket {
  return entry.ticket as Ticket;
}

function mark(entry: QueueEntry, ticket: Ticket): void {
  entry.ticket = ticket;
}
