import { createMessageBus, defineCommand, ok, typeOnly } from '@llmgine/core';
import {
  loggingMiddleware,
  rateLimitMiddleware,
  retryMiddleware,
  timingMiddleware,
  validationMiddleware,
} from '@llmgine/middleware';
import type { Prepared } from '../../case.ts';

const Ask = defineCommand('benchmark.ask', {
  data: typeOnly<{ index: number }>(),
  result: typeOnly<number>(),
});
const suspension = Promise.resolve();
const ignore = (): void => {};
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** As handlers are written: async, and suspended once. */
async function answer({ data }: { readonly data: { readonly index: number } }) {
  await suspension;
  return ok(data.index);
}

async function executing(withMiddleware: boolean): Promise<Prepared> {
  const bus = createMessageBus();
  bus.registerCommandHandler(Ask, answer);
  if (withMiddleware) {
    bus.addCommandMiddleware(loggingMiddleware({ logger: silent }));
    bus.addCommandMiddleware(timingMiddleware());
    bus.addCommandMiddleware(validationMiddleware());
    bus.addCommandMiddleware(rateLimitMiddleware({ maxPerSecond: 1e9 }));
    bus.addCommandMiddleware(retryMiddleware());
  }
  await bus.start();
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await bus.execute(Ask({ index }));
    },
  };
}

/** The same handler, called with a message and awaited, without a bus. */
export function awaitedCall(): Prepared {
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await answer({ data: { index } });
    },
  };
}

/** A logger that does nothing: what logging costs is the logger's. */
export function five(): Promise<Prepared> {
  return executing(true);
}

/** The same bus without them. */
export function none(): Promise<Prepared> {
  return executing(false);
}
