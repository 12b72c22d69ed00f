/** Makes ids that sort by the time they were made. */
export interface MessageIds {
  /** A new id for a message made at `now` (epoch milliseconds). */
  next(now: number): string;
}

/** Fills bytes with randomness. */
export type FillRandom = (bytes: Uint8Array) => void;

/** Three hexadecimal digits for each of the 4096 values of the counter; made when first used. */
let counterDigits: readonly string[] = [];

/**
 * Makes UUIDv7s (RFC 9562, section 5.7, with the 12-bit counter of section 6.2, method 1):
 * randomness is drawn once per millisecond, then counted. When a millisecond runs out of counts, or the clock goes
 * back, ids go on from the last millisecond used, so they never repeat or sort backwards.
 */
export function createMessageIds(fillRandom: FillRandom = fillFromSystem): MessageIds {
  const random = new Uint8Array(8);
  let millisecond = -1;
  let counter = 4096; // as if a millisecond had run out, so that the first id always enters one
  let head = '';
  let tail = '';

  return {
    next(now) {
      const whole = Math.floor(now);
      if (whole > millisecond) enter(whole);
      else if (counter > 4095) enter(millisecond + 1);
      return head + counterDigits[counter++] + tail;
    },
  };

  function enter(next: number): void {
    if (counterDigits.length === 0) counterDigits = Array.from({ length: 4096 }, digitsOf);
    millisecond = next;
    counter = 0;
    const time = hex(next, 12);
    fillRandom(random);
    random[0] = (random[0]! & 0x3f) | 0x80; // the variant bits
    const digits = Array.from(random, (byte) => hex(byte, 2)).join('');
    head = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    tail = `-${digits.slice(0, 4)}-${digits.slice(4)}`;
  }
}

/** The global loads Node's crypto module when it is first read, and importing this package does not. */
function fillFromSystem(bytes: Uint8Array): void {
  crypto.getRandomValues(bytes);
}

function digitsOf(_: unknown, value: number): string {
  return hex(value, 3);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
