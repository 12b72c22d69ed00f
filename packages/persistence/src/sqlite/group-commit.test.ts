import { systemClock } from '@llmgine/core/timing';
import SqliteDatabase from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { GroupCommit } from './group-commit.ts';
import { SqliteConnection } from './sqlite-connection.ts';

it('GroupCommit writes nothing of a group that SQLite has rolled back, and all that comes after it', async () => {
  const database = new SqliteDatabase(':memory:');
  onTestFinished(() => void database.close());
  database.exec(`create table kept (value text);
    create trigger gives_up before insert on kept when new.value = 'bad'
      begin select raise(rollback, 'the whole transaction'); end`);
  const connection = new SqliteConnection(database);
  const writes = new GroupCommit(connection, { clock: systemClock, lockTimeoutMs: 100 });
  const sql = 'insert into kept values (?)';

  const outcomes = await Promise.allSettled(
    ['before', 'bad', 'after'].map((value) => writes.run({ sql, parameters: [value] })),
  );

  const kept = database.prepare('select value from kept').pluck().all();
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(kept).toEqual(['after']);
});
