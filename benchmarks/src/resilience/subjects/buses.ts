import {
  createMessageBus,
  defineCommand,
  defineEvent,
  ok,
  typeOnly,
  type MessageBus,
} from '@llmgine/core';
import { createResilientMessageBus } from '@llmgine/resilience';
import type { Prepared } from '../../case.ts';

const BURST = 1_000;
const Fact = defineEvent('benchmark.fact', { data: typeOnly<{ index: number }>() });
const Delta = defineEvent('benchmark.delta', {
  data: typeOnly<{ index: number }>(),
  lossy: true,
});
const Ask = defineCommand('benchmark.ask', {
  data: typeOnly<{ index: number }>(),
  result: typeOnly<number>(),
});
const suspension = Promise.resolve();

type Kind = 'plain' | 'resilient' | 'resilientLossy';

function create(kind: Kind): MessageBus {
  return kind === 'plain' ? createMessageBus() : createResilientMessageBus();
}

/** Publishes bursts, and waits for each until all its handlers are done. */
export async function publishBurst(kind: Kind): Promise<Prepared> {
  const bus = create(kind);
  const event = kind === 'resilientLossy' ? Delta : Fact;
  let awaited = 0;
  let resolve: () => void = () => {};
  bus.registerEventHandler(event, async () => {
    await suspension;
    if (--awaited === 0) resolve();
  });
  await bus.start();
  return {
    step: BURST,
    async run(operations) {
      for (let published = 0; published < operations; published += BURST) {
        awaited = BURST;
        const allHandled = new Promise<void>((resolved) => {
          resolve = resolved;
        });
        for (let index = 0; index < BURST; index++) {
          void bus.publish(event({ index }), { awaitProcessing: false });
        }
        await allHandled;
      }
    },
  };
}

/** Executes one command after another. */
export async function executeMany(kind: Kind): Promise<Prepared> {
  const bus = create(kind);
  bus.registerCommandHandler(Ask, async ({ data }) => {
    await suspension;
    return ok(data.index);
  });
  await bus.start();
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await bus.execute(Ask({ index }));
    },
  };
}
