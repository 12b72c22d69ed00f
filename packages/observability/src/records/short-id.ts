const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONGEST = 12;

/**
 * Shortens an id for people, to a piece of it that can be searched for. Of a UUIDv7 that is the part that differs
 * between ids of one minute: its milliseconds and its counter.
 */
export function shortId(id: string): string {
  if (UUID.test(id)) return id.slice(9, 18);
  return id.length <= LONGEST ? id : `${id.slice(0, LONGEST - 1)}…`;
}
