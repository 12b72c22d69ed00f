import assert from 'node:assert/strict';
import { createMessageBus, defineEvent, HandlerPriority, typeOnly } from '@llmgine/core';

const AnsweredEvent = defineEvent('chat.answered', { data: typeOnly<{ text: string }>() });
const ran: string[] = [];

// #region priorities
const bus = createMessageBus();

bus.registerEventHandler(AnsweredEvent, async () => void ran.push('draw it'));
bus.registerEventHandler(AnsweredEvent, async () => void ran.push('say it'));
bus.registerEventHandler(AnsweredEvent, () => void ran.push('tidy up'), {
  priority: HandlerPriority.LOWEST,
});
bus.registerEventHandler(AnsweredEvent, () => void ran.push('check it'), {
  priority: HandlerPriority.HIGH,
});
bus.registerEventHandler(
  AnsweredEvent,
  () => {
    throw new Error('the log is full');
  },
  { priority: 5, name: 'log it' }, // any number will do
);

await bus.start();
const receipt = await bus.publish(AnsweredEvent({ text: '42' }));
// 'log it' (5) fails and stops nobody; then 'check it' (10); then 'draw it' and 'say it' together (50); then 'tidy up'
// #endregion priorities

assert.deepEqual(ran, ['check it', 'draw it', 'say it', 'tidy up']);
assert.equal(receipt.status, 'processed');
assert.deepEqual(
  receipt.failures.map(({ handler }) => handler),
  ['log it'],
);

// #region lanes
// Events of one lane are handled in order, one at a time. A definition chooses its lane.
const DeltaEvent = defineEvent('chat.delta', {
  data: typeOnly<{ chat: string; text: string }>(),
  lossy: true, // may be evicted when a bounded queue is full
  lane: (event) => event.data.chat, // in order inside a chat, chats side by side
});
const PingEvent = defineEvent('ping', { data: typeOnly<object>(), lane: 'none' }); // waits for nobody
// #endregion lanes
assert.equal(DeltaEvent({ chat: 'a', text: 'hi' }).lane, 'key:a');
assert.equal(PingEvent({}).lane, 'none');

// #region nested
const AskedEvent = defineEvent('chat.asked', { data: typeOnly<object>() });
const NotedEvent = defineEvent('chat.noted', { data: typeOnly<object>() });
const steps: string[] = [];

bus.registerEventHandler(AskedEvent, async (_event, context) => {
  steps.push('asked');
  // An awaited publish inside a handler is a call: it overtakes the queue and is done when it says so.
  await context.publish(AnsweredEvent({ text: 'at once' }));
  steps.push('answered');
  // One that is not awaited joins its lane, behind what is there and behind this handler.
  await context.publish(NotedEvent({}), { awaitProcessing: false });
  steps.push('asked is done');
});
bus.registerEventHandler(AnsweredEvent, (event) => {
  steps.push(`answer: ${event.data.text}`);
});
bus.registerEventHandler(NotedEvent, (event) => {
  steps.push(`noted, caused by ${event.causationId === asked.id ? 'asked' : 'nobody'}`);
});

const asked = AskedEvent({});
await bus.publish(asked);
await bus.waitForEvents();
// #endregion nested
assert.deepEqual(steps, [
  'asked',
  'answer: at once',
  'answered',
  'asked is done',
  'noted, caused by asked',
]);

await bus.stop();
console.log('priorities: as they should be');
