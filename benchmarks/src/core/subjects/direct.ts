import { AsyncLocalStorage } from 'node:async_hooks';
import { Counter, suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';
import { MeasuredCommand, MeasuredEvent } from './messages.ts';

interface Message {
  readonly data: { readonly index: number };
}
type Handler = (message: Message) => Promise<number>;

interface Messages {
  event(index: number): Message;
  command(index: number): Message;
}

/** Plain object literals with a type and data. */
export const literals: Messages = {
  event: (index) => ({ type: 'benchmark.measured', data: { index } }) as Message,
  command: (index) => ({ type: 'benchmark.measure', data: { index } }) as Message,
};

/** What our definitions make: with an id, time, session and correlation. */
export const ourMessages: Messages = {
  event: (index) => MeasuredEvent({ index }),
  command: (index) => MeasuredCommand({ index }),
};

/** The limit: handlers called with the message, nothing between. Middleware is nested closures. */
export function createDirect(messages: Messages, { handlers, middleware, handled }: Setup) {
  const handle = wrapped(createHandler(handled), middleware);
  const all = Array.from({ length: handlers }, () => handle);
  const bus: BusUnderTest = {
    publish: all.length === 1 ? (index) => handle(messages.event(index)) : publishToAll,
    publishAndWait: (index) => handle(messages.event(index)),
    execute: (index) => handle(messages.command(index)),
  };
  return bus;

  function publishToAll(index: number): void {
    const event = messages.event(index);
    for (const each of all) void each(event);
  }
}

/** The limit of keeping a scope round each handler. */
export function createInAsyncLocalStorage({ handlers, handled }: Setup): BusUnderTest {
  const storage = new AsyncLocalStorage<Message>();
  const handle = createHandler(handled);
  return {
    publish(index) {
      const event = literals.event(index);
      for (let count = 0; count < handlers; count++) void storage.run(event, handle, event);
    },
    publishAndWait(index) {
      const event = literals.event(index);
      return storage.run(event, handle, event);
    },
    execute(index) {
      const command = literals.command(index);
      return storage.run(command, handle, command);
    },
  };
}

function createHandler(handled: () => void): Handler {
  return async ({ data }) => {
    await suspension;
    handled();
    return data.index;
  };
}

function wrapped(handle: Handler, middleware: number): Handler {
  let layered = handle;
  for (let layer = 0; layer < middleware; layer++) {
    const inner = layered;
    const counter = new Counter();
    layered = async (message) => {
      counter.count++;
      return await inner(message);
    };
  }
  return layered;
}
