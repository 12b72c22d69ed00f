import { ServiceBroker, type Context, type Middleware } from 'moleculer';
import { Counter, suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';

type Handle = (context: Context<{ index: number }>) => Promise<number>;

/**
 * A broker on one node, without transporter, logger, metrics or tracing. Each handler is in a service of its own, so
 * an event reaches all of them. It isolates errors and makes a context with an id; it has no queue and no sessions.
 */
export async function createMoleculer(setup: Setup): Promise<BusUnderTest> {
  const broker = new ServiceBroker({
    logger: false,
    middlewares: Array.from({ length: setup.middleware }, createLayer),
  });
  for (let count = 0; count < setup.handlers; count++) {
    broker.createService({
      name: `measured-${count}`,
      events: {
        'benchmark.measured': async () => {
          await suspension;
          setup.handled();
        },
      },
      actions: {
        measure: (async ({ params }) => {
          await suspension;
          return params.index;
        }) satisfies Handle,
      },
    });
  }
  for (let count = 0; count < setup.otherTypes; count++) {
    broker.createService({
      name: `other-${count}`,
      events: { [`benchmark.other-${count}`]: async () => {} },
    });
  }
  await broker.start();

  return {
    publish: (index) => broker.emit('benchmark.measured', { index }),
    publishAndWait: (index) => broker.emit('benchmark.measured', { index }),
    execute: (index) => broker.call('measured-0.measure', { index }),
  };
}

function createLayer(): Middleware {
  const counter = new Counter();
  const around = (next: (...given: unknown[]) => unknown) => {
    return async (...given: unknown[]): Promise<unknown> => {
      counter.count++;
      return await next(...given);
    };
  };
  return { localEvent: around, localAction: around } as Middleware;
}
