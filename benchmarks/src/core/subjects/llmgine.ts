import {
  createMessageBus,
  defineEvent,
  ok,
  typeOnly,
  type BusObserver,
  type MessageBus,
  type MessageBusOptions,
} from '@llmgine/core';
import { Counter, suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';
import { MeasuredCommand, MeasuredEvent } from './messages.ts';

/** How a bus differs from the default one. */
export interface LlmgineOptions extends MessageBusOptions {
  /** Counts nothing, what is done (the default), or every signal there is. */
  readonly observer?: 'none' | 'done' | 'everything';
}

/**
 * The bus with all its features: lanes, priority groups, an open session with a handler of its own, error isolation,
 * correlation, re-entrancy, receipts, and an observer that counts.
 */
export async function createLlmgine(
  { observer = 'done', ...options }: LlmgineOptions,
  setup: Setup,
): Promise<BusUnderTest> {
  const bus = createMessageBus(options);
  if (observer !== 'none') bus.addObserver(createCounter(observer));
  addMiddleware(bus, setup.middleware);
  for (let count = 0; count < setup.handlers; count++) {
    bus.registerEventHandler(MeasuredEvent, async () => {
      await suspension;
      setup.handled();
    });
  }
  bus.registerCommandHandler(MeasuredCommand, async ({ data }) => {
    await suspension;
    return ok(data.index);
  });
  for (let count = 0; count < setup.otherTypes; count++) {
    const other = defineEvent(`benchmark.other-${count}`, { data: typeOnly<{ index: number }>() });
    bus.registerEventHandler(other, async () => {});
  }
  const session = await bus.session();
  session.registerEventHandler(MeasuredEvent, async () => {});
  await bus.start();

  return {
    publish: (index) => bus.publish(MeasuredEvent({ index }), { awaitProcessing: false }),
    publishAndWait: (index) => bus.publish(MeasuredEvent({ index })),
    execute: (index) => bus.execute(MeasuredCommand({ index })),
  };
}

function createCounter(observer: 'done' | 'everything'): BusObserver {
  const counter = new Counter();
  const observe = (): void => {
    counter.count++;
  };
  return observer === 'everything'
    ? { observe }
    : { observe, signals: ['event.processed', 'command.completed'] };
}

function addMiddleware(bus: MessageBus, layers: number): void {
  for (let layer = 0; layer < layers; layer++) {
    const counter = new Counter();
    bus.addEventMiddleware({
      name: `counting-${layer}`,
      async aroundEvent(_call, next) {
        counter.count++;
        await next();
      },
    });
    bus.addCommandMiddleware({
      name: `counting-${layer}`,
      async aroundCommand(_call, next) {
        counter.count++;
        return await next();
      },
    });
  }
}
