import { describe, expect, it } from 'vitest';
import type { Recurrence } from './bus/message-bus.ts';
import { cron } from './cron.ts';
import { InvalidOptionsError } from './errors.ts';

/** The first instants after one, as ISO text. */
function runs(recurrence: Recurrence, after: string, count: number): string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(after);
  while (found.length < count) {
    at = recurrence.next(at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString());
  }
  return found;
}

describe('cron', () => {
  it('gives the first instant after the one given, never that instant itself', () => {
    expect(runs(cron('0 9 * * *', 'UTC'), '2026-01-01T09:00:00Z', 2)).toEqual([
      '2026-01-02T09:00:00.000Z',
      '2026-01-03T09:00:00.000Z',
    ]);
  });

  it('is not misled by milliseconds', () => {
    expect(runs(cron('0 9 * * *', 'UTC'), '2026-01-01T08:59:59.999Z', 1)).toEqual([
      '2026-01-01T09:00:00.000Z',
    ]);
    expect(runs(cron('0 9 * * *', 'UTC'), '2026-01-01T09:00:00.001Z', 1)).toEqual([
      '2026-01-02T09:00:00.000Z',
    ]);
  });

  it('reads the expression in the time zone given', () => {
    expect(runs(cron('0 9 * * *', 'Asia/Tokyo'), '2026-01-01T00:00:01Z', 1)).toEqual([
      '2026-01-02T00:00:00.000Z',
    ]);
    expect(runs(cron('30 9 * * *', 'Asia/Kolkata'), '2026-01-01T00:00:00Z', 1)).toEqual([
      '2026-01-01T04:00:00.000Z',
    ]);
  });

  it('keeps the local hour when clocks go forward and back', () => {
    expect(runs(cron('0 9 * * *', 'Europe/Stockholm'), '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ]);
    expect(runs(cron('0 9 * * *', 'America/New_York'), '2026-10-30T20:00:00Z', 3)).toEqual([
      '2026-10-31T13:00:00.000Z',
      '2026-11-01T14:00:00.000Z',
      '2026-11-02T14:00:00.000Z',
    ]);
  });

  it('runs a fixed time that the clock skips right after the gap', () => {
    // At 02:00 on 29 March 2026 Stockholm's clocks show 03:00.
    expect(runs(cron('30 2 * * *', 'Europe/Stockholm'), '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('runs a fixed time that the clock shows twice once', () => {
    // At 03:00 on 25 October 2026 Stockholm's clocks show 02:00 again.
    expect(runs(cron('30 2 * * *', 'Europe/Stockholm'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('runs steps through both hours that the clock shows twice', () => {
    expect(runs(cron('*/30 * * * *', 'Europe/Stockholm'), '2026-10-24T23:45:00Z', 5)).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
  });

  it('knows seconds, nicknames and leap days', () => {
    expect(runs(cron('15 0 0 * * *', 'UTC'), '2026-01-01T00:00:00Z', 1)).toEqual([
      '2026-01-01T00:00:15.000Z',
    ]);
    expect(runs(cron('@hourly', 'UTC'), '2026-01-01T00:30:00Z', 1)).toEqual([
      '2026-01-01T01:00:00.000Z',
    ]);
    expect(runs(cron('0 0 29 2 *', 'UTC'), '2026-01-01T00:00:00Z', 1)).toEqual([
      '2028-02-29T00:00:00.000Z',
    ]);
  });

  it('ends where there is no further instant', () => {
    expect(cron('0 0 31 2 *').next(0)).toBeUndefined();
  });

  it('names an expression and a time zone that are wrong, both at once', () => {
    expect(() => cron('61 * * * *', 'Mars/Olympus')).toThrow(InvalidOptionsError);
    expect(() => cron('61 * * * *', 'Mars/Olympus')).toThrow(/61.*Mars\/Olympus/s);
    expect(() => cron('* * *')).toThrow(InvalidOptionsError);
  });

  it('takes no date in place of an expression', () => {
    expect(() => cron('2026-01-01T00:00:00')).toThrow(InvalidOptionsError);
  });
});
