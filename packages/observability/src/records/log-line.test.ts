import { anything, assert, property } from 'fast-check';
import { createRedactor } from '@llmgine/core/redaction';
import { describe, expect, it } from 'vitest';
import { toLogLine } from './log-line.ts';
import type { LogRecord } from './log-record.ts';

const base = { time: '2026-11-22T17:00:00.000Z', level: 'info', signal: 'bus.started' } as const;

describe('toLogLine', () => {
  it('writes one line of JSON whatever the data holds', () => {
    const redact = createRedactor();
    assert(
      property(
        anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }),
        (data) => {
          const line = toLogLine(redact({ ...base, data }) as LogRecord);

          expect(line.split('\n')).toHaveLength(2);
          expect(JSON.parse(line)).toMatchObject(base);
        },
      ),
    );
  });

  it('keeps the envelope when the data refuses to be written', () => {
    const data = {
      toJSON() {
        throw new Error('no');
      },
    };

    expect(JSON.parse(toLogLine({ ...base, id: 'x', data }))).toEqual({
      ...base,
      id: 'x',
      unwritable: 'no',
    });
  });
});
