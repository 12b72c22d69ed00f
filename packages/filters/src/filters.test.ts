import {
  defineEvent,
  InvalidOptionsError,
  SessionEndEvent,
  sessionId,
  typeOnly,
} from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createGlob } from './glob.ts';
import {
  compositeFilter,
  debugFilter,
  eventTypeFilter,
  metadataFilter,
  patternFilter,
  rateLimitFilter,
  sessionFilter,
} from './index.ts';

const Said = defineEvent('chat.said', { data: typeOnly<void>() });
const Heard = defineEvent('chat.heard', { data: typeOnly<void>() });
const Logged = defineEvent('audit.logged', { data: typeOnly<void>() });
const alice = sessionId('alice');
const bob = sessionId('bob');

describe('sessionFilter (7)', () => {
  it('lets the included sessions through', () => {
    const filter = sessionFilter({ include: [alice] });

    expect(filter.accepts(Said(undefined, { sessionId: alice }))).toBe(true);
    expect(filter.accepts(Said(undefined, { sessionId: bob }))).toBe(false);
    expect(filter.accepts(Said())).toBe(false);
  });

  it('lets all but the excluded through, and exclusion wins', () => {
    const others = sessionFilter({ exclude: [bob] });
    const both = sessionFilter({ include: [alice, bob], exclude: [bob] });

    expect(others.accepts(Said())).toBe(true);
    expect(others.accepts(Said(undefined, { sessionId: bob }))).toBe(false);
    expect(both.accepts(Said(undefined, { sessionId: bob }))).toBe(false);
  });

  it('refuses to be made of nothing, or of empty ids', () => {
    expect(() => sessionFilter({})).toThrowError(/include or exclude/);
    expect(() => sessionFilter({ include: ['' as never] })).toThrowError(InvalidOptionsError);
  });
});

describe('eventTypeFilter (7)', () => {
  it('knows types by definition and by name, and exclusion wins', () => {
    const filter = eventTypeFilter({ include: [Said, 'chat.heard'], exclude: ['chat.heard'] });

    expect(filter.accepts(Said())).toBe(true);
    expect(filter.accepts(Heard())).toBe(false);
    expect(filter.accepts(Logged())).toBe(false);
  });

  it('lets nothing through when the list of what passes is empty', () => {
    expect(eventTypeFilter({ include: [] }).accepts(Said())).toBe(false);
  });

  it('refuses lists of anything else', () => {
    expect(() =>
      eventTypeFilter({ include: [42 as never], exclude: [null as never] }),
    ).toThrowError(/include.*exclude/);
  });
});

describe('patternFilter (7)', () => {
  it('takes globs and regular expressions, and exclusion wins', () => {
    const filter = patternFilter({ include: ['chat.*', /^audit\./], exclude: ['*.heard'] });

    expect([Said(), Heard(), Logged()].map((event) => filter.accepts(event))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('ignores case unless told not to', () => {
    expect(patternFilter({ include: ['CHAT.*'] }).accepts(Said())).toBe(true);
    expect(patternFilter({ include: ['CHAT.*'], caseSensitive: true }).accepts(Said())).toBe(false);
  });

  it('answers the same each time, also with a global expression', () => {
    const filter = patternFilter({ include: [/chat/g] });

    expect([1, 2, 3].map(() => filter.accepts(Said()))).toEqual([true, true, true]);
  });

  it('never reads a string as a regular expression', () => {
    expect(patternFilter({ include: ['(a+)+$'] }).accepts(Said())).toBe(false);
    expect(patternFilter({ include: ['chat?said'] }).accepts(Said())).toBe(true);
  });

  it('refuses empty patterns', () => {
    expect(() => patternFilter({ include: [''] })).toThrowError(InvalidOptionsError);
  });
});

describe('createGlob', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });

  it('matches what the equal regular expression matches', () => {
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const equal = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');

        expect(createGlob(pattern)(text)).toBe(new RegExp(`^${equal}$`, 's').test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a bounded number of steps for a pattern that makes expressions explode', () => {
    const text = 'a'.repeat(5_000);

    expect(createGlob(`${'*a'.repeat(30)}*b`)(text)).toBe(false);
  });
});

describe('metadataFilter (7)', () => {
  const event = Said(undefined, { metadata: { user: 'u1', tags: ['a', 'b'], empty: undefined } });

  it('needs every key to be there, with whatever value', () => {
    expect(metadataFilter({ requiredKeys: ['user', 'empty'] }).accepts(event)).toBe(true);
    expect(metadataFilter({ requiredKeys: ['user', 'tenant'] }).accepts(event)).toBe(false);
  });

  it('needs every value to be equal, objects by content', () => {
    expect(metadataFilter({ requiredValues: { tags: ['a', 'b'] } }).accepts(event)).toBe(true);
    expect(metadataFilter({ requiredValues: { tags: ['b', 'a'] } }).accepts(event)).toBe(false);
    expect(metadataFilter({ requiredValues: { user: 'u2' } }).accepts(event)).toBe(false);
  });

  it('sees no keys that every object has', () => {
    expect(metadataFilter({ requiredKeys: ['toString'] }).accepts(event)).toBe(false);
    expect(metadataFilter({ requiredValues: { missing: undefined } }).accepts(event)).toBe(false);
  });

  it('refuses to be made of nothing', () => {
    expect(() => metadataFilter({})).toThrowError(InvalidOptionsError);
  });
});

describe('compositeFilter (7)', () => {
  const yes = { name: 'yes', accepts: () => true };
  const no = { name: 'no', accepts: () => false };
  const broken = {
    name: 'broken',
    accepts: (): boolean => {
      throw new Error('broken');
    },
  };

  it('needs all, or any', () => {
    expect(compositeFilter([yes, no]).accepts(Said())).toBe(false);
    expect(compositeFilter([yes, yes]).accepts(Said())).toBe(true);
    expect(compositeFilter([no, yes], { require: 'any' }).accepts(Said())).toBe(true);
    expect(compositeFilter([no, no], { require: 'any' }).accepts(Said())).toBe(false);
  });

  it('asks no further than needed, so a rate limit spends nothing on what a type filter refuses', () => {
    const filter = compositeFilter([
      eventTypeFilter({ include: [Said] }),
      rateLimitFilter({ maxPerSecond: 1, clock: createFakeClock() }),
    ]);

    expect(filter.accepts(Heard())).toBe(false);
    expect(filter.accepts(Said())).toBe(true);
    expect(filter.accepts(Said())).toBe(false);
  });

  it('lets a filter that throws refuse nothing, and passes the error on to be reported', () => {
    expect(compositeFilter([broken, no]).accepts(Said())).toBe(false);
    expect(() => compositeFilter([broken, yes]).accepts(Said())).toThrowError('broken');
  });

  it("asks only those about the bus's own events that want to decide on them", () => {
    const filter = compositeFilter([
      no,
      eventTypeFilter({ exclude: [SessionEndEvent], busEvents: true }),
    ]);
    const ended = SessionEndEvent({ sessionId: 'a' });

    expect(filter.busEvents).toBe(true);
    expect(filter.accepts(ended)).toBe(false);
    expect(
      compositeFilter([no, debugFilter({ log: () => {}, busEvents: true })]).accepts(ended),
    ).toBe(true);
  });

  it('is named after its filters', () => {
    expect(compositeFilter([yes, no], { require: 'any' }).name).toBe('any of yes, no');
  });

  it('refuses an empty list and what is no filter', () => {
    expect(() => compositeFilter([])).toThrowError(InvalidOptionsError);
    expect(() => compositeFilter([{} as never], { require: 'some' as 'any' })).toThrowError(
      /accepts.*require/,
    );
  });
});

describe('debugFilter (7)', () => {
  it('writes down what it sees and accepts everything', () => {
    const lines: string[] = [];
    const filter = debugFilter({ log: (line) => lines.push(line) });
    const event = Said(undefined, { sessionId: alice });

    expect(filter.accepts(event)).toBe(true);
    expect(lines).toEqual([`event chat.said ${event.id} in session alice`]);
  });

  it('is silent while disabled', () => {
    let enabled = false;
    const log = vi.fn<() => void>();
    const filter = debugFilter({ log, enabled: () => enabled });

    expect(filter.accepts(Said())).toBe(true);
    expect(log).not.toHaveBeenCalled();
    enabled = true;
    filter.accepts(Said());
    expect(log).toHaveBeenCalledOnce();
  });

  it('refuses a log that is no function', () => {
    expect(() => debugFilter({ log: 'x' as never, enabled: 1 as never })).toThrowError(
      /log.*enabled/,
    );
  });
});

describe('every filter (7)', () => {
  it("leaves the bus's own events alone unless told otherwise", () => {
    const filters = [
      sessionFilter({ include: [alice] }),
      eventTypeFilter({ include: [Said] }),
      patternFilter({ include: ['chat.*'] }),
      metadataFilter({ requiredKeys: ['a'] }),
      rateLimitFilter({ maxPerSecond: 1 }),
      compositeFilter([eventTypeFilter({ include: [Said] })]),
      debugFilter(),
    ];

    expect(filters.map(({ busEvents }) => busEvents)).toEqual(filters.map(() => false));
    expect(sessionFilter({ include: [alice], busEvents: true }).busEvents).toBe(true);
  });
});
