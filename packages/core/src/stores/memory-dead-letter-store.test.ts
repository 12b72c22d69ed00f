import { describeDeadLetterStoreContract } from '@llmgine/testing/contracts';
import { createFakeClock } from '@llmgine/testing';
import { createMemoryDeadLetterStore } from './memory-dead-letter-store.ts';

describeDeadLetterStoreContract('memory', () => {
  const clock = createFakeClock();
  return {
    store: createMemoryDeadLetterStore({ clock }),
    advance: (durationMs) => clock.advance(durationMs),
  };
});
