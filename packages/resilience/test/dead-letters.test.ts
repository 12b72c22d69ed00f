import { defineCommand, typeOnly } from '@llmgine/core';
import { createMemoryDeadLetterStore } from '@llmgine/core/stores';
import { createFakeClock } from '@llmgine/testing';
import { createResilientMessageBus } from '@llmgine/resilience';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const Work = defineCommand('work', { data: typeOnly<{ n: number; edited?: boolean }>() });

describe('dead letters over random redrives (9.4)', () => {
  const steps = fc.array(
    fc.oneof(
      {
        arbitrary: fc.record({ do: fc.constant('execute' as const), fails: fc.boolean() }),
        weight: 4,
      },
      {
        arbitrary: fc.record({
          do: fc.constantFrom('retry' as const, 'edit' as const, 'discard' as const),
          which: fc.nat(20),
          fails: fc.boolean(),
          twice: fc.boolean(),
        }),
        weight: 6,
      },
      {
        arbitrary: fc.record({ do: fc.constant('retryAll' as const), fails: fc.boolean() }),
        weight: 1,
      },
    ),
    { maxLength: 40 },
  );

  it('are never duplicated nor lost', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const clock = createFakeClock();
        const store = createMemoryDeadLetterStore({ clock });
        const bus = createResilientMessageBus({
          clock,
          deadLetterStore: store,
          retry: { maxRetries: 0 },
          circuitBreaker: false,
        });
        await bus.start();
        let failing = false;
        bus.registerCommandHandler(Work, async () => {
          const fails = failing;
          await Promise.resolve();
          if (fails) throw new Error('down');
        });
        /** What ought to wait: id to how often its handler was called. */
        const expected = new Map<string, number>();

        for (const [n, step] of history.entries()) {
          failing = 'fails' in step && step.fails;
          const ids = [...expected.keys()];
          if (step.do === 'execute') {
            const command = Work({ n });
            await bus.execute(command);
            if (step.fails) expected.set(command.id, 1);
          } else if (step.do === 'retryAll') {
            const retrying = bus.retryDeadLetters({}, { ratePerSecond: 1_000 });
            await clock.advanceAsync(100);
            const report = await retrying;
            expect(report.succeeded + report.failed).toBe(ids.length);
            for (const id of ids) {
              if (step.fails) expected.set(id, expected.get(id)! + 1);
              else expected.delete(id);
            }
          } else if (ids.length > 0) {
            const id = ids[step.which % ids.length]!;
            if (step.do === 'discard') {
              expect(await bus.discardDeadLetterEntry(id)).toBe(true);
              expected.delete(id);
              continue;
            }
            const options = step.do === 'edit' ? { data: { n, edited: true } } : {};
            const tries = [bus.retryDeadLetterEntry(id, options)];
            if (step.twice) tries.push(bus.retryDeadLetterEntry(id, options));
            const outcomes = await Promise.allSettled(tries);
            expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
            if (step.fails) expected.set(id, expected.get(id)! + 1);
            else expected.delete(id);
          }
          const entries = await bus.getDeadLetterEntries();
          expect(new Map(entries.map(({ id, attempts }) => [id, attempts]))).toEqual(expected);
          expect(entries.every(({ status }) => status === 'waiting')).toBe(true);
        }
        await bus.stop({ deadlineMs: 0 });
      }),
      { numRuns: 150 },
    );
  });
});
