import {
  createMessageBus,
  defineCommand,
  defineEvent,
  ok,
  typeOnly,
  type MessageBus,
} from '@llmgine/core';
import type { Prepared } from '../../case.ts';

const Happened = defineEvent('bench.happened', { data: typeOnly<{ n: number }>() });
const Work = defineCommand('bench.work', {
  data: typeOnly<{ n: number }>(),
  result: typeOnly<number>(),
});

/** As many events as one sample of a burst publishes at once. */
const BURST = 2_000;
/** What is executed in the cases of this area: made anew each time, as every caller has to. */
export const makeCommand = () => Work({ n: 1 });

/** A running bus with one asynchronous handler of each kind. */
export async function started(bus: MessageBus = createMessageBus()): Promise<MessageBus> {
  bus.registerEventHandler(Happened, async () => {});
  bus.registerCommandHandler(Work, async ({ data }) => ok(data.n));
  await bus.start();
  return bus;
}

/** Publishes bursts and waits for their handlers. */
export function publishBurst(bus: MessageBus): Prepared {
  return {
    step: BURST,
    async run(operations) {
      for (let begun = 0; begun < operations; begun += BURST) {
        for (let n = 0; n < BURST; n++)
          void bus.publish(Happened({ n }), { awaitProcessing: false });
        await bus.waitForEvents();
      }
    },
  };
}

/** Executes commands one after another. */
export function executeMany(bus: MessageBus): Prepared {
  return {
    async run(operations) {
      for (let n = 0; n < operations; n++) await bus.execute(makeCommand());
    },
  };
}
