import { createMessageBus, defineEvent, typeOnly } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { StoreInTransactionError, type Persistence } from '../src/index.ts';
import { databases, deferred, openForTest } from './support/databases.ts';

const Due = defineEvent('due', { data: typeOnly<object>() });

async function recordsOf(persistence: Persistence, stream: string): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const record of persistence.streams.read(stream)) records.push(record);
  return records;
}

describe.each(databases)('transaction on $name', (database) => {
  it("commits the caller's rows together with ours", async () => {
    const { schema, ...options } = database.create();
    const persistence = await openForTest({ schema, ...options });
    const table = `orders_${schema}`;

    await persistence.transaction(async (tx) => {
      await tx.database.schema.createTable(table).addColumn('id', 'text').execute();
      await tx.database.insertInto(table).values({ id: 'o1' }).execute();
      await tx.streams.append('s', 0, ['written']);
      await tx.scheduledEvents.save([Due({}, { scheduledAt: 1, id: 'e' })]);
    });

    const orders = await persistence.transaction((tx) =>
      tx.database.selectFrom(table).selectAll().execute(),
    );
    expect(orders).toEqual([{ id: 'o1' }]);
    expect(await recordsOf(persistence, 's')).toEqual(['written']);
    expect(await persistence.scheduledEvents.cancel('e')).toBe(true);
  });

  it('redacts what is logged inside it too (12.4)', async () => {
    const redact = (event: unknown) => ({ ...(event as object), data: '***' });
    const persistence = await openForTest({ ...database.create(), eventLog: { redact } });

    await persistence.transaction(async (tx) => tx.eventLog.append(Due({ key: 'secret' })));

    const logged: unknown[] = [];
    for await (const { event } of persistence.eventLog.read()) logged.push(event.data);
    expect(logged).toEqual(['***']);
  });

  it('keeps nothing of a transaction that fails', async () => {
    const persistence = await openForTest(database.create());

    const failed = persistence.transaction(async (tx) => {
      await tx.streams.append('s', 0, ['written']);
      await tx.eventLog.append(Due({}));
      throw new Error('changed my mind');
    });

    await expect(failed).rejects.toThrow('changed my mind');
    expect(await recordsOf(persistence, 's')).toEqual([]);
  });

  it('is waited for by close, which is refused inside it', async () => {
    const persistence = await openForTest(database.create());
    const inside = deferred();
    const written = persistence.transaction(async (tx) => {
      await expect(persistence.close()).rejects.toBeInstanceOf(StoreInTransactionError);
      inside.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      return tx.streams.append('s', 0, ['written']);
    });
    await inside.promise;

    await persistence.close();

    await expect(written).resolves.toBe(1);
  });

  it('refuses every other store, logging, and a transaction inside it, instead of deadlocking', async () => {
    const persistence = await openForTest(database.create());
    const refusals: unknown[] = [];

    await persistence.transaction(async () => {
      const attempts: (() => unknown)[] = [
        () => persistence.streams.append('s', 0, ['x']),
        () => persistence.scheduledEvents.save([Due({}, { scheduledAt: 1 })]),
        () => persistence.deadLetters.count(),
        () => persistence.eventLog.append(Due({})),
        () => persistence.eventLog.flush(),
        () => persistence.transaction(async () => {}),
      ];
      for (const attempt of attempts) {
        refusals.push(
          await Promise.resolve()
            .then(attempt)
            .catch((error: unknown) => error),
        );
      }
    });

    expect(refusals).toHaveLength(6);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreInTransactionError);
    expect(await persistence.streams.append('s', 0, ['after'])).toBe(1);
  });

  it('refuses a publish that would be held or logged inside it, before anything is done with the event', async () => {
    const persistence = await openForTest({ ...database.create(), persistEvents: true });
    await using bus = createMessageBus(persistence.busOptions());
    let handled = 0;
    bus.registerEventHandler(Due, () => void handled++);
    await bus.start();
    const refusals: unknown[] = [];

    await persistence.transaction(async () => {
      for (const event of [Due({}), Due({}, { scheduledAt: Date.now() + 60_000 })]) {
        refusals.push(await bus.publish(event).catch((error: unknown) => error));
        refusals.push(
          await bus.publish(event, { awaitProcessing: false }).catch((error: unknown) => error),
        );
      }
    });

    expect(refusals).toHaveLength(4);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreInTransactionError);
    expect(handled).toBe(0);
    expect(await bus.publish(Due({}))).toMatchObject({ status: 'processed' });
  });

  it('lets others wait for it who are not part of it', async () => {
    const persistence = await openForTest(database.create());
    const begun = deferred();
    const mayEnd = deferred();
    const transaction = persistence.transaction(async (tx) => {
      await tx.streams.append('s', undefined, ['inside']);
      begun.resolve();
      await mayEnd.promise;
    });
    await begun.promise;

    const outside = persistence.streams.append('s', undefined, ['outside']);
    mayEnd.resolve();
    await Promise.all([transaction, outside]);

    expect(await recordsOf(persistence, 's')).toEqual(['inside', 'outside']);
  });

  it('takes steps that are asked for together one after another', async () => {
    const persistence = await openForTest(database.create());

    await persistence.transaction((tx) =>
      Promise.all(['a', 'b', 'c'].map((stream) => tx.streams.append(stream, 0, [stream]))),
    );

    expect(await recordsOf(persistence, 'b')).toEqual(['b']);
  });

  it('keeps what was done before a step that failed, if the caller goes on', async () => {
    const persistence = await openForTest(database.create());

    await persistence.transaction(async (tx) => {
      await tx.streams.append('s', 0, ['a']);
      await tx.streams.append('s', 0, ['b']).catch(() => {});
      await tx.streams.append('s', 1, ['c']);
    });

    expect(await recordsOf(persistence, 's')).toEqual(['a', 'c']);
  });

  it('ends with its work: what goes on afterwards is refused', async () => {
    const persistence = await openForTest(database.create());
    let late: Promise<unknown> | undefined;
    const ended = deferred();

    await persistence.transaction(async (tx) => {
      late = ended.promise.then(() => tx.streams.append('s', 0, ['late']));
    });
    ended.resolve();

    await expect(late).rejects.toThrow('has ended');
  });
});
