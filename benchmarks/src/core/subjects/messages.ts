import { defineCommand, defineEvent, typeOnly } from '@llmgine/core';

/** Data that is trusted, as the peers trust theirs. */
export const MeasuredEvent = defineEvent('benchmark.measured', {
  data: typeOnly<{ index: number }>(),
});

/** Its handler gives the index back. */
export const MeasuredCommand = defineCommand('benchmark.measure', {
  data: typeOnly<{ index: number }>(),
  result: typeOnly<number>(),
});
