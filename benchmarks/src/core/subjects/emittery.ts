import Emittery from 'emittery';
import { suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';

/**
 * Emittery calls the listeners of an event together, after a microtask. It has no queue, no sessions, no error
 * isolation (the emit rejects with the first failure), no middleware and no commands.
 */
export function createEmittery({ handlers, otherTypes, handled }: Setup): BusUnderTest {
  const emitter = new Emittery<Record<string, { index: number }>>();
  for (let count = 0; count < handlers; count++) {
    emitter.on('benchmark.measured', async () => {
      await suspension;
      handled();
    });
  }
  for (let count = 0; count < otherTypes; count++) {
    emitter.on(`benchmark.other-${count}`, async () => {});
  }

  return {
    publish: (index) => emitter.emit('benchmark.measured', { index }),
    publishAndWait: (index) => emitter.emit('benchmark.measured', { index }),
    execute: () => Promise.reject(new Error('emittery has no commands')),
  };
}
