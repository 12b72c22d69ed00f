// Another process on the same database: it handles what is due, and waits for what is not.
import { createMessageBus } from '@llmgine/core';
import { openPersistence } from '@llmgine/persistence';
import { Reminder } from './reminder.ts';

await using persistence = await openPersistence();
await using bus = createMessageBus(persistence.busOptions());

let left = 3;
const allHandled = new Promise<void>((resolve) => {
  bus.registerEventHandler(Reminder, (event) => {
    console.log(`  reminded: ${event.data.text}`);
    if (--left === 0) resolve();
  });
});

await bus.start();
await allHandled;
