import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EqualDeadlines, type EqualDeadline } from './equal-deadlines.ts';

function createDeadline(expire: () => void): EqualDeadline {
  return { before: undefined, after: undefined, dueAt: 0, expire };
}

describe('EqualDeadlines', () => {
  it('expires each once, in order, when its time is up', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);
    const expired: string[] = [];

    deadlines.start(createDeadline(() => expired.push('a')));
    await clock.advanceAsync(60);
    deadlines.start(createDeadline(() => expired.push('b')));
    await clock.advanceAsync(40);
    expect(expired).toEqual(['a']);
    await clock.advanceAsync(60);

    expect(expired).toEqual(['a', 'b']);
  });

  it('expires those of one turn in the order in which they began, behind those of earlier turns', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);
    const expired: string[] = [];
    const starting = (name: string): EqualDeadline => {
      const deadline = createDeadline(() => expired.push(name));
      deadlines.start(deadline);
      return deadline;
    };
    const [earliest] = [starting('a'), starting('b')];
    await clock.advanceAsync(0);
    const [first, , inTheMiddle, , latest] = ['c', 'd', 'e', 'f', 'g'].map(starting);
    for (const each of [earliest, inTheMiddle, latest]) deadlines.stop(each!);
    await clock.advanceAsync(0);
    deadlines.stop(first!);

    await clock.advanceAsync(100);

    expect(expired).toEqual(['b', 'd', 'f']);
  });

  it('gives one that begins as another expires its whole time', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);
    let later = 0;
    deadlines.start(createDeadline(() => deadlines.start(createDeadline(() => later++))));

    await clock.advanceAsync(199);
    expect(later).toBe(0);
    await clock.advanceAsync(1);

    expect(later).toBe(1);
  });

  it('needs one timer for all', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);

    for (let count = 0; count < 50; count++) deadlines.start(createDeadline(() => {}));
    await clock.advanceAsync(0);

    expect(clock.pendingTimers).toBe(1);
  });

  it('leaves no timer behind once all have stopped', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);
    const deadline = createDeadline(() => {});

    deadlines.start(deadline);
    deadlines.stop(deadline);
    deadlines.stop(deadline);
    await clock.advanceAsync(0);

    expect(clock.pendingTimers).toBe(0);
  });

  it('calls its timer off when the last one stops while it runs', async () => {
    const clock = createFakeClock();
    const deadlines = new EqualDeadlines(100, clock);
    const deadline = createDeadline(() => {});
    deadlines.start(deadline);
    await clock.advanceAsync(50);
    expect(clock.pendingTimers).toBe(1);

    deadlines.stop(deadline);
    await clock.advanceAsync(0);

    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['stopped', (deadlines: EqualDeadlines, one: EqualDeadline) => deadlines.stop(one)],
    ['expired', () => {}],
  ])('tells once that none is left after the last one has %s', async (_, end) => {
    const clock = createFakeClock();
    let emptied = 0;
    const deadlines = new EqualDeadlines(100, clock, () => emptied++);
    const deadline = createDeadline(() => {});
    deadlines.start(deadline);
    await clock.advanceAsync(50);

    end(deadlines, deadline);
    await clock.advanceAsync(50);

    expect(emptied).toBe(1);
  });

  it('expires exactly those that ran too long, over random histories', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('start' as const) }),
        fc.record({ do: fc.constant('stop' as const), which: fc.nat(30) }),
        fc.record({ do: fc.constant('wait' as const), ms: fc.nat(80) }),
      ),
      { maxLength: 100 },
    );

    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const clock = createFakeClock();
        const deadlines = new EqualDeadlines(100, clock);
        const calls: { startedAt: number; expired: number; stopped: boolean; it: EqualDeadline }[] =
          [];

        for (const step of history) {
          if (step.do === 'wait') await clock.advanceAsync(step.ms);
          else if (step.do === 'start') {
            const call = {
              startedAt: clock.monotonic(),
              expired: 0,
              stopped: false,
              it: createDeadline(() => call.expired++),
            };
            calls.push(call);
            deadlines.start(call.it);
          } else {
            const call = calls[step.which];
            if (!call) continue;
            call.stopped ||= call.expired === 0;
            deadlines.stop(call.it);
          }
          for (const call of calls) {
            const late = clock.monotonic() - call.startedAt >= 100;
            expect(call.expired).toBe(late && !call.stopped ? 1 : 0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
