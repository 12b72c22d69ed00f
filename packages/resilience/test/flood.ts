import { defineEvent, sessionId, typeOnly, type PublishReceipt } from '@llmgine/core';
import { createResilientMessageBus, type BackpressureStrategy } from '@llmgine/resilience';
import { systemClock } from '@llmgine/core/timing';

/** Events published in all. */
export const EVENTS = 1_000_000;
/** Each with a session of its own. */
const PRODUCERS = 50;
/** Events that the queue holds. */
export const CAPACITY = 1_000;
/** Events that each turn of the event loop handles at most. */
const HANDLED_PER_TURN = 500;
/** Events published for each one that is handled. */
const PUBLISHED_PER_HANDLED = 10;

/** Receipts between two looks. */
const SEEN_EVERY = 50_000;

const Fact = defineEvent('load.fact', { data: typeOnly<{ n: number }>() });
const Delta = defineEvent('load.delta', { data: typeOnly<{ n: number }>(), lossy: true });

/** Waits that many can share: who may not go on yet asks again in the next turn of the event loop. */
function createPace(mayGoOn: () => boolean, turned: () => void = () => {}) {
  let next: Promise<void> | undefined;
  return async (): Promise<void> => {
    while (!mayGoOn()) {
      next ??= systemClock.yieldToIo().then(() => {
        next = undefined;
        turned();
      });
      await next;
    }
  };
}

/** Publishes a million events, ten times as fast as they are handled, and tells what became of them. */
export async function flood(strategy: BackpressureStrategy, seen: () => void = () => {}) {
  const bus = createResilientMessageBus({
    eventQueueSize: CAPACITY,
    backpressureStrategy: strategy,
  });
  const latest = new Map<string, number>();
  const count = { handled: 0, outOfOrder: 0, largestSize: 0 };
  const receipts: Record<string, number> = {};
  let published = 0;
  let leftInTurn = HANDLED_PER_TURN;
  const handlingPace = createPace(
    () => leftInTurn > 0,
    () => {
      leftInTurn = HANDLED_PER_TURN;
    },
  );
  const publishingPace = createPace(
    () => published < PUBLISHED_PER_HANDLED * (count.handled + HANDLED_PER_TURN),
  );
  let settled = 0;
  const handle = async (session: string, n: number): Promise<void> => {
    if (n <= (latest.get(session) ?? -1)) count.outOfOrder++;
    latest.set(session, n);
    count.handled++;
    leftInTurn--;
    await handlingPace();
  };
  bus.registerEventHandler(Fact, ({ data, sessionId: session }) => handle(session, data.n));
  bus.registerEventHandler(Delta, ({ data, sessionId: session }) => handle(session, data.n));
  await bus.start();

  const tally = (receipt: PublishReceipt): void => {
    const key = receipt.status === 'dropped' ? receipt.reason : receipt.status;
    receipts[key] = (receipts[key] ?? 0) + 1;
    if (++settled % SEEN_EVERY === 0) seen();
    count.largestSize = Math.max(count.largestSize, bus.getQueueMetrics().currentSize);
  };
  const produce = async (producer: number): Promise<void> => {
    const session = sessionId(`session ${producer}`);
    for (let n = 0; n < EVENTS / PRODUCERS; n++) {
      await publishingPace();
      published++;
      const event = (n % 2 === 0 ? Delta : Fact)({ n }, { sessionId: session });
      tally(await bus.publish(event, { awaitProcessing: false }));
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
  await bus.waitForEvents();
  const metrics = bus.getQueueMetrics();
  await bus.stop();
  return { count, receipts, metrics };
}
