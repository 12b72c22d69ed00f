import { describe, expect, it } from 'vitest';
import { createFakeClock } from '@llmgine/testing';
import { createExclusiveGroups } from './exclusive-groups.ts';

describe('createExclusiveGroups', () => {
  it('gives the turn on after a call found the group occupied', async () => {
    const clock = createFakeClock();
    const groups = createExclusiveGroups(clock);
    const late = Promise.withResolvers<void>();
    const turns: string[] = [];
    const enter = (patienceMs: number) =>
      groups.enter('disk', { signal: undefined, patienceMs }).then((turn) => turns.push(turn));
    await enter(Infinity);
    groups.leave('disk', late.promise);

    void enter(100);
    void enter(Infinity);
    await clock.advanceAsync(100);
    late.resolve();
    await clock.advanceAsync(0);

    expect(turns).toEqual(['granted', 'occupied', 'granted']);
  });
});
