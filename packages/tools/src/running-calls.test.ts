import { describe, expect, it } from 'vitest';
import { RunningCalls } from './running-calls.ts';
import type { ToolRun } from './tool-connection.ts';

const runOf = (callId: string) => ({ callId }) as ToolRun;

describe('RunningCalls', () => {
  it.each([
    ['first', 'a', 'bc'],
    ['middle', 'b', 'ac'],
    ['last', 'c', 'ab'],
    ['unknown', 'd', 'abc'],
  ])('finds each call by its command, until the %s one is removed', (_, removed, rest) => {
    const calls = new RunningCalls();
    for (const id of 'abc') calls.add(id, runOf(id));

    calls.remove(removed);

    const found = ['a', 'b', 'c', 'd'].filter((id) => calls.find(id)?.callId === id);
    expect(found.join('')).toBe(rest);
  });
});
