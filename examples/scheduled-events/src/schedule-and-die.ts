// Schedules three reminders and dies without a goodbye.
import { createMessageBus, systemClock } from '@llmgine/core';
import { openPersistence } from '@llmgine/persistence';
import { Reminder } from './reminder.ts';

const persistence = await openPersistence(); // LLMGINE_DB_URL says where
const bus = createMessageBus(persistence.busOptions());
await bus.start();

for (const [index, text] of ['stretch', 'drink water', 'call home'].entries()) {
  const receipt = await bus.publish(
    Reminder({ text }, { scheduledAt: systemClock.now() + 400 + 100 * index }),
  );
  console.log(`  ${receipt.status}: ${text}`);
}
console.log('  kill -9');
process.kill(process.pid, 'SIGKILL');
