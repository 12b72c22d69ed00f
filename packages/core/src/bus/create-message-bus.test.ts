import { createFakeClock } from '@llmgine/testing';
import { describeMessageBusContract } from '@llmgine/testing/contracts';
import { createMemoryScheduledEventStore } from '../stores/memory-scheduled-event-store.ts';
import { createMessageBus } from './create-message-bus.ts';
import type { MessageBusOptions } from './message-bus-options.ts';

const variants: readonly (readonly [string, MessageBusOptions])[] = [
  ['as it comes', {}],
  ["with reentrancy: 'context'", { reentrancy: 'context' }],
  ['with two lanes side by side', { concurrency: 2 }],
  [
    'with an invoker for both kinds',
    { invoker: (_call, invoke) => invoke(1), eventInvoker: (_call, invoke) => invoke(1) },
  ],
];

for (const [name, options] of variants) {
  describeMessageBusContract(name, () => {
    const clock = createFakeClock();
    return { bus: createMessageBus({ clock, ...options }), clock };
  });
}

describeMessageBusContract('with a store of scheduled events', () => {
  const clock = createFakeClock();
  const scheduledEvents = createMemoryScheduledEventStore({ clock });
  return { bus: createMessageBus({ clock, scheduledEvents }), clock };
});
