import type { Prepared } from '../case.ts';

/** What a subject is set up with. */
export interface Setup {
  /** Handlers of the measured event. */
  readonly handlers: number;
  /** Other types with a handler each. */
  readonly otherTypes: number;
  readonly middleware: number;
  /** To be called by every handler, once it has suspended once. */
  readonly handled: () => void;
}

/** A bus, or what stands for one. Each method makes its message from an index. */
export interface BusUnderTest {
  /** Publishes and waits for nothing. */
  publish(index: number): unknown;
  /** Resolves when the handlers are done. */
  publishAndWait(index: number): Promise<unknown>;
  /** Resolves to what the command's handler returned, where the subject has results. */
  execute(index: number): Promise<unknown>;
}

/** Every handler awaits this once: an async handler that never suspends would be none. */
export const suspension: Promise<void> = Promise.resolve();

/** What observers and middleware count on. */
export class Counter {
  count = 0;
}

/** Sets up a subject in its process. */
export type CreateBus = (setup: Setup) => BusUnderTest | Promise<BusUnderTest>;

/** Events that are published before any of them is waited for. */
const BURST = 1_000;

/** Publishes bursts, and waits for each until all its handlers are done. */
export async function burst(
  create: CreateBus,
  { handlers = 1, otherTypes = 0, middleware = 0 } = {},
): Promise<Prepared> {
  let awaited = 0;
  let resolve: () => void = () => {};
  const handled = (): void => {
    if (--awaited === 0) resolve();
  };
  const bus = await create({ handlers, otherTypes, middleware, handled });

  return {
    step: BURST,
    async run(operations) {
      for (let published = 0; published < operations; published += BURST) {
        awaited = BURST * handlers;
        const allHandled = new Promise<void>((resolved) => {
          resolve = resolved;
        });
        for (let index = 0; index < BURST; index++) bus.publish(index);
        await allHandled;
      }
    },
  };
}

/** Publishes one event after another, each awaited. */
export async function awaited(create: CreateBus, { middleware = 0 } = {}): Promise<Prepared> {
  const bus = await create({ handlers: 1, otherTypes: 0, middleware, handled: () => {} });
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await bus.publishAndWait(index);
    },
  };
}

/** Executes one command after another, each awaited. */
export async function executed(create: CreateBus, { middleware = 0 } = {}): Promise<Prepared> {
  const bus = await create({ handlers: 1, otherTypes: 0, middleware, handled: () => {} });
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await bus.execute(index);
    },
  };
}
