import assert from 'node:assert/strict';
import { defineCommand, defineEvent, systemClock, typeOnly } from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import {
  BackpressureStrategy,
  createResilientMessageBus,
  DeadLetterCommandEvent,
} from '@llmgine/resilience';

// #region messages
const AskModel = defineCommand('model.ask', {
  data: typeOnly<{ question: string; model: string }>(),
  result: typeOnly<string>(),
});
const TextDelta = defineEvent('text.delta', {
  data: typeOnly<{ text: string }>(),
  lossy: true, // may be evicted when the queue is full
});
// #endregion messages

// #region bus
await using bus = createResilientMessageBus({
  eventQueueSize: 100,
  backpressureStrategy: BackpressureStrategy.DROP_OLDEST,
  retry: { maxRetries: 2, initialDelayMs: 5, attemptTimeoutMs: 1_000 },
  circuitBreaker: { failureThreshold: 4, recoveryTimeoutMs: 50, successThreshold: 1 },
  breakerKey: ({ data }) => (data as { model?: string }).model ?? 'unknown model',
});
// #endregion bus

/** A provider that is down until somebody repairs it. */
const provider = { down: true, calls: 0 };
bus.registerCommandHandler(AskModel, async ({ data: { question } }) => {
  provider.calls++;
  if (provider.down) throw new Error('503 overloaded');
  return `Answer to: ${question}`;
});

const seen: string[] = [];
bus.addObserver({
  signals: ['command.retried', 'circuit.changed', 'command.dead-lettered'],
  observe(signal) {
    if (signal.type === 'circuit.changed') seen.push(`${signal.from} -> ${signal.to}`);
    else seen.push(signal.type);
    console.log(seen.at(-1));
  },
});
const announced: string[] = [];
bus.registerEventHandler(DeadLetterCommandEvent, ({ data }) => void announced.push(data.commandId));
await bus.start();

// The outage: two commands fail after their retries, the circuit opens, the third is refused at once.
const first = AskModel({ question: 'Why?', model: 'large' });
const second = AskModel({ question: 'Whyy?', model: 'large' });
assert.equal((await bus.execute(first)).success, false);
assert.equal((await bus.execute(second)).success, false);
const refused = await bus.execute(AskModel({ question: 'How?', model: 'large' }));
assert.equal(!refused.success && (refused.error as { code?: string }).code, 'LLMGINE_CIRCUIT_OPEN');
assert.equal(provider.calls, 4);
assert.equal(bus.getCircuitBreakerStates()['large']?.state, 'open');

// #region inspect
const entries = await bus.getDeadLetterEntries({ type: 'model.ask', limit: 10 });
for (const { id, attempts, reason, error } of entries) {
  console.log(`${id}: ${error.message}, ${attempts} attempts, ${reason}`);
}
// #endregion inspect
assert.deepEqual(
  entries.map(({ id }) => id),
  [first.id, second.id],
);
assert.deepEqual(announced, [first.id, second.id]);

// The provider is back, and after the recovery time a probe closes the circuit.
provider.down = false;
await sleep(60, { clock: systemClock });

// #region redrive
// One with its data corrected, which sends a copy; the others as they were, ten a second.
await bus.retryDeadLetterEntry(second.id, { data: { question: 'Why not?', model: 'large' } });
const report = await bus.retryDeadLetters({ type: 'model.ask' }, { ratePerSecond: 10 });
console.log(report);
// #endregion redrive
assert.deepEqual(report, { succeeded: 1, failed: 0, skipped: 0 });
assert.deepEqual(await bus.getDeadLetterEntries(), []);
assert.equal(bus.getCircuitBreakerStates()['large']?.state, 'closed');
assert.ok(seen.includes('closed -> open') && seen.includes('half_open -> closed'));

// A flood: a slow reader, and more deltas than the queue holds. The oldest go, and their publishers are told.
let read = 0;
bus.registerEventHandler(TextDelta, async () => {
  await systemClock.yieldToIo();
  read++;
});
const receipts = await Promise.all(
  Array.from({ length: 500 }, (_, index) => bus.publish(TextDelta({ text: String(index) }))),
);
const dropped = receipts.filter(({ status }) => status === 'dropped').length;
const { totalDropped, maxSizeReached } = bus.getQueueMetrics();
assert.equal(dropped, totalDropped);
assert.equal(read, 500 - dropped);
assert.ok(dropped > 0 && maxSizeReached <= 100);
console.log(`${read} deltas read, ${dropped} evicted`);
