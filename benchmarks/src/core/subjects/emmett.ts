import { getInMemoryMessageBus, type Command, type Event } from '@event-driven-io/emmett';
import { suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';

type Measured = Event<'benchmark.measured', { index: number }>;
type Measure = Command<'benchmark.measure', { index: number }>;

/**
 * Emmett's in-memory bus calls handlers one after another, in the publisher's own call. It has no queue, no lanes, no
 * error isolation (a failing handler stops the rest), no middleware, no observers, and its commands have no result.
 */
export function createEmmett({ handlers, otherTypes, handled }: Setup): BusUnderTest {
  const bus = getInMemoryMessageBus();
  for (let count = 0; count < handlers; count++) {
    bus.subscribe<Measured>(async () => {
      await suspension;
      handled();
    }, 'benchmark.measured');
  }
  for (let count = 0; count < otherTypes; count++) {
    bus.subscribe<Event<string, { index: number }>>(async () => {}, `benchmark.other-${count}`);
  }
  bus.handle<Measure>(async () => {
    await suspension;
  }, 'benchmark.measure');

  return {
    publish: (index) =>
      bus.publish<Measured>({ kind: 'Event', type: 'benchmark.measured', data: { index } }),
    publishAndWait: (index) =>
      bus.publish<Measured>({ kind: 'Event', type: 'benchmark.measured', data: { index } }),
    execute: (index) =>
      bus.send<Measure>({ kind: 'Command', type: 'benchmark.measure', data: { index } }),
  };
}
