import assert from 'node:assert/strict';
import { createMessageBus, defineCommand, defineEvent, sessionId, typeOnly } from '@llmgine/core';
import {
  compositeFilter,
  debugFilter,
  eventTypeFilter,
  metadataFilter,
  patternFilter,
  rateLimitFilter,
  sessionFilter,
} from '@llmgine/filters';
import {
  loggingMiddleware,
  rateLimitMiddleware,
  retryMiddleware,
  timingMiddleware,
  validationMiddleware,
} from '@llmgine/middleware';

const Said = defineEvent('chat.said', { data: typeOnly<{ text: string }>() });
const Typing = defineEvent('chat.typing', { data: typeOnly<void>() });
const Ask = defineCommand('ask', {
  data: typeOnly<{ text: string }>(),
  result: typeOnly<string>(),
});

await using bus = createMessageBus();

// #region filters
const limit = bus.addEventFilter(
  compositeFilter([
    eventTypeFilter({ include: [Said] }),
    rateLimitFilter({ maxPerSecond: 20, burst: 2, perSession: true }),
  ]),
);
// #endregion filters

const heard: string[] = [];
bus.registerEventHandler(Said, ({ data }) => void heard.push(data.text));
await bus.start();

const receipts = [
  await bus.publish(Said({ text: 'one' })),
  await bus.publish(Typing()), // refused by its type, so it spends nothing of the allowance
  await bus.publish(Said({ text: 'two' })),
  await bus.publish(Said({ text: 'three' })),
];
assert.deepEqual(
  receipts.map(({ status }) => status),
  ['processed', 'filtered', 'processed', 'filtered'],
);
limit[Symbol.dispose]();

// #region more-filters
using _sessions = bus.addEventFilter(sessionFilter({ exclude: [sessionId('muted')] }));
using _types = bus.addEventFilter(patternFilter({ include: ['chat.*'] }));
using _tenants = bus.addEventFilter(metadataFilter({ requiredValues: { tenant: 'acme' } }));
using _debug = bus.addEventFilter(debugFilter({ log: (line) => console.log(line) }));
// #endregion more-filters
const ours = { metadata: { tenant: 'acme' } };
assert.equal((await bus.publish(Said({ text: 'four' }, ours))).status, 'processed');
assert.equal((await bus.publish(Said({ text: 'five' }))).status, 'filtered');
assert.deepEqual(heard, ['one', 'two', 'four']);

// #region middleware
const timing = timingMiddleware();
bus.addCommandMiddleware(loggingMiddleware({ level: 'info' })); // the outermost
bus.addCommandMiddleware(timing);
bus.addCommandMiddleware(validationMiddleware({ sessionId: true }));
bus.addCommandMiddleware(rateLimitMiddleware({ maxPerSecond: 100, onLimit: 'wait' }));
bus.addCommandMiddleware(retryMiddleware({ maxRetries: 3, delayMs: 5 })); // the innermost
bus.addEventMiddleware(timing);
// #endregion middleware

let attempts = 0;
bus.registerCommandHandler(Ask, ({ data }) => {
  attempts++;
  if (attempts < 3) throw new Error('not yet');
  return `answer to ${data.text}`;
});
const answer = await bus.execute(Ask({ text: 'why' }));
assert.equal(answer.success && answer.result, 'answer to why');
assert.equal(attempts, 3);

const fromOutside = { ...Ask({ text: 'x' }), id: '' };
const refused = await bus.execute(fromOutside);
assert.equal(!refused.success && refused.error.name, 'ValidationFailedError');

// #region report
const { count, p95Ms } = timing.report().commands['ask']!;
console.log(`${count} commands, 95 % of them within ${p95Ms} ms`);
// #endregion report
assert.equal(count, 2);
