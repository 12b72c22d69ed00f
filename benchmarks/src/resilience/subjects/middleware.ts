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

async function executing(withMiddleware: boolean): Promise<Prepared> {
  const bus = createMessageBus();
  bus.registerCommandHandler(Ask, async ({ data }) => {
    await suspension;
    return ok(data.index);
  });
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

/** What a layer costs at least. */
export function awaitedCall(): Prepared {
  const call = async (): Promise<number> => {
    await suspension;
    return 1;
  };
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await call();
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
