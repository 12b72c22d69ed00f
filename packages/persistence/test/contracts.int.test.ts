import {
  describeDeadLetterStoreContract,
  describeEventLogContract,
  describeScheduledEventStoreContract,
  describeStreamStoreContract,
} from '@llmgine/testing/contracts';
import { openPersistence } from '../src/index.ts';
import { advanceDeadLetters, advanceStore, databases } from './support/databases.ts';

for (const database of databases) {
  describeScheduledEventStoreContract(database.name, async () => {
    const options = database.create();
    const persistence = await openPersistence(options);
    return {
      store: persistence.scheduledEvents,
      advance: (durationMs) => advanceStore(persistence, options.schema, durationMs),
      close: () => persistence.close(),
    };
  });

  describeStreamStoreContract(database.name, async () => {
    const persistence = await openPersistence(database.create());
    return { store: persistence.streams, close: () => persistence.close() };
  });

  describeEventLogContract(database.name, async () => {
    const persistence = await openPersistence(database.create());
    return { log: persistence.eventLog, close: () => persistence.close() };
  });

  describeDeadLetterStoreContract(database.name, async () => {
    const options = database.create();
    const persistence = await openPersistence(options);
    return {
      store: persistence.deadLetters,
      advance: (durationMs) => advanceDeadLetters(persistence, options.schema, durationMs),
      close: () => persistence.close(),
    };
  });
}
