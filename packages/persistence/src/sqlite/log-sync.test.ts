import { describe, expect, it } from 'vitest';
import { LogSync, type LogFile } from './log-sync.ts';

/** A file whose syncs take until they are told how they end. */
function aFile() {
  const ends: ((failure?: Error) => void)[] = [];
  const events: string[] = [];
  const file: LogFile = {
    datasync: () =>
      new Promise((resolve, reject) => {
        events.push('sync');
        ends.push((failure) => (failure ? reject(failure) : resolve()));
      }),
    close: async () => void events.push('close'),
  };
  const logSync = new LogSync('kept.db', async (name) => {
    events.push(`open ${name}`);
    return file;
  });
  const end = async (failure?: Error): Promise<void> => {
    while (ends.length === 0) await turn();
    ends.shift()!(failure);
    await turn();
  };
  return { logSync, events, end };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('LogSync', () => {
  it('lets who asks while a sync is under way wait for one that begins after it, all with the same', async () => {
    const { logSync, events, end } = aFile();
    const heard: string[] = [];
    void logSync.sync().then(() => heard.push('first'));
    await turn();
    void logSync.sync().then(() => heard.push('second'));
    void logSync.sync().then(() => heard.push('third'));

    await end();
    const afterOne = [...heard];
    await end();

    expect(afterOne).toEqual(['first']);
    expect(heard).toEqual(['first', 'second', 'third']);
    expect(events).toEqual(['open kept.db-wal', 'sync', 'sync']);
  });

  it('says nothing is on disk after a failure, whatever the system says the next time', async () => {
    const { logSync, events, end } = aFile();
    const failed = logSync.sync();
    await turn();
    const waiting = logSync.sync();
    void end(new Error('i/o error'));

    await expect(failed).rejects.toThrow('i/o error');
    await expect(waiting).rejects.toThrow('i/o error');
    await expect(logSync.sync()).rejects.toThrow('i/o error');
    expect(logSync.hasFailed).toBe(true);
    expect(events.filter((event) => event === 'sync')).toHaveLength(1);
  });

  it('syncs again when the log has begun anew', async () => {
    const { logSync, end } = aFile();
    const failed = logSync.sync();
    void end(new Error('i/o error'));
    await expect(failed).rejects.toThrow('i/o error');

    logSync.beginAnew();
    const synced = logSync.sync();
    void end();

    await expect(synced).resolves.toBeUndefined();
  });

  it('tries to open again what could not be opened', async () => {
    const logSync = new LogSync('/nowhere/kept.db');

    await expect(logSync.sync()).rejects.toMatchObject({ code: 'ENOENT' });

    expect(logSync.hasFailed).toBe(false);
  });

  it('closes after the syncs that are under way, and twice without harm', async () => {
    const { logSync, events, end } = aFile();
    const synced = logSync.sync();
    await turn();

    const closed = logSync.close();
    await end();
    await Promise.all([synced, closed, logSync.close()]);

    expect(events.slice(0, 3)).toEqual(['open kept.db-wal', 'sync', 'close']);
  });
});
