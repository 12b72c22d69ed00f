import { createFakeClock } from '@llmgine/testing';
import { describeMessageBusContract } from '@llmgine/testing/contracts';
import { createResilientMessageBus } from '../src/index.ts';

describeMessageBusContract('resilient', () => {
  const clock = createFakeClock();
  return { bus: createResilientMessageBus({ clock }), clock };
});
