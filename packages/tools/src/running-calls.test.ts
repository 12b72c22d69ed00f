import { describe, expect, it } from 'vitest';
import { RunningCalls } from './running-calls.ts';
import type { ToolRun } from './tool-connection.ts';

const runs = ['a', 'b', 'c'].map((callId) => ({ callId }) as unknown as ToolRun);

function threeRunning(): RunningCalls {
  const running = new RunningCalls();
  for (const run of runs) running.add(`command of ${run.callId}`, run);
  return running;
}

describe('RunningCalls', () => {
  it('finds each of several calls, whatever their order', () => {
    const running = threeRunning();

    for (const run of runs) expect(running.find(`command of ${run.callId}`)).toBe(run);
    expect(running.find('another command')).toBeUndefined();
  });

  it.each([0, 1, 2])('forgets the call at place %i, and no other', (place) => {
    const running = threeRunning();

    running.remove(`command of ${runs[place]!.callId}`);
    running.remove('another command');

    expect(runs.map(({ callId }) => running.find(`command of ${callId}`))).toEqual(
      runs.map((run, at) => (at === place ? undefined : run)),
    );
  });
});
