import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulkhead, type BulkheadOptions } from './bulkhead.ts';

function create(options: BulkheadOptions) {
  const slots = bulkhead(options);
  const finish: (() => void)[] = [];
  const run = (key?: string, signal?: AbortSignal) =>
    slots.run(() => new Promise<void>((resolve) => finish.push(resolve)), { key, signal });
  return { slots, finish, run };
}

describe('bulkhead (9.5)', () => {
  it('runs so many calls of a key at a time, lets so many wait, and refuses the rest', async () => {
    const { slots, finish, run } = create({ maxConcurrent: 1, maxQueue: 1 });

    const first = run('a');
    const second = run('a');
    await expect(run('a')).rejects.toMatchObject({ code: 'LLMGINE_BULKHEAD_FULL', key: 'a' });
    void run('b');
    expect(slots.counts()).toEqual({
      a: { running: 1, waiting: 1 },
      b: { running: 1, waiting: 0 },
    });
    finish[0]!();
    await first;
    finish.at(-1)!();
    await second;

    expect(slots.counts()).toEqual({ b: { running: 1, waiting: 0 } });
  });

  it('gives slots to those who waited longest, and none to who has left', async () => {
    const { finish, run } = create({ maxConcurrent: 1, maxQueue: 5 });
    const leaving = new AbortController();
    const order: string[] = [];
    const named = (name: string, signal?: AbortSignal) =>
      run('a', signal).then(
        () => order.push(name),
        () => order.push(`${name} left`),
      );
    const all = [named('1'), named('2', leaving.signal), named('3')];

    leaving.abort();
    await Promise.resolve();
    finish[0]!();
    await all[0];
    await Promise.resolve();
    finish[1]!();
    await Promise.all(all);

    expect(order).toEqual(['2 left', '1', '3']);
  });

  it('gives the slot back when the call fails', async () => {
    const slots = bulkhead({ maxConcurrent: 1 });

    await slots.run(() => Promise.reject(new Error('down'))).catch(() => {});

    expect(slots.counts()).toEqual({});
  });

  it('takes no second slot for a call inside a call of the same key, also through another key', async () => {
    const slots = bulkhead({ maxConcurrent: 1 });

    const nested = slots.run(
      () => slots.run(() => slots.run(() => 'inside', { key: 'a' }), { key: 'b' }),
      { key: 'a' },
    );

    expect(await nested).toBe('inside');
  });

  it('takes a slot for what a call has left behind', async () => {
    const slots = bulkhead({ maxConcurrent: 1 });
    let later = (): Promise<unknown> => Promise.resolve();
    await slots.run(() => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const inside = promise.then(() => slots.run(() => slots.counts()));
      later = () => {
        resolve();
        return inside;
      };
    });

    expect(await later()).toEqual({ '': { running: 1, waiting: 0 } });
  });

  it('refuses who has aborted already', async () => {
    const { run, slots } = create({ maxConcurrent: 1 });

    await expect(run('a', AbortSignal.abort())).rejects.toMatchObject({
      code: 'LLMGINE_CALL_ABORTED',
    });
    expect(slots.counts()).toEqual({});
  });

  it('never runs more than allowed and forgets nobody, over random histories', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ start: fc.boolean(), which: fc.nat(9) }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        async (history, maxConcurrent) => {
          const slots = bulkhead({ maxConcurrent, maxQueue: Number.POSITIVE_INFINITY });
          const open: (() => void)[] = [];
          const all: Promise<unknown>[] = [];
          let running = 0;

          for (const { start, which } of history) {
            if (start) {
              const call = slots.run(async () => {
                running++;
                await new Promise<void>((resolve) => open.push(resolve));
                running--;
              });
              all.push(call);
            } else open.splice(which % Math.max(open.length, 1), 1)[0]?.();
            await Promise.resolve();
            expect(running).toBeLessThanOrEqual(maxConcurrent);
          }
          while (slots.counts()['']) {
            open.shift()?.();
            await Promise.resolve();
          }

          expect(await Promise.all(all)).toHaveLength(all.length);
        },
      ),
    );
  });

  it('refuses options out of range', () => {
    expect(() => bulkhead({ maxConcurrent: 0, maxQueue: -1 })).toThrowError(
      /maxConcurrent.*maxQueue/,
    );
    expect(() => bulkhead({} as never)).toThrowError(/must be given/);
  });
});
