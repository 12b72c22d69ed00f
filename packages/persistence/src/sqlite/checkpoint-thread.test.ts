import { describe, expect, it } from 'vitest';
import { CheckpointThread } from './checkpoint-thread.ts';

describe('CheckpointThread', () => {
  it('fails at once when it has ended, rather than keep anybody waiting', async () => {
    const thread = new CheckpointThread('/nowhere/kept.db');

    await expect(thread.checkpoint('PASSIVE')).rejects.toThrow(/directory does not exist/);
    await expect(thread.checkpoint('RESTART')).rejects.toThrow(/directory does not exist/);

    expect(thread.hasEnded).toBe(true);
    await expect(thread.close()).resolves.toBeUndefined();
  });

  it('starts nothing when there is nothing to do', async () => {
    await expect(new CheckpointThread('/nowhere/kept.db').close()).resolves.toBeUndefined();
  });
});
