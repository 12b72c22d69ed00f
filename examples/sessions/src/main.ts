import assert from 'node:assert/strict';
import {
  createBusSession,
  createMessageBus,
  defineCommand,
  defineEvent,
  ok,
  SessionEndEvent,
  sessionId,
  SessionStartEvent,
  typeOnly,
} from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';

const seen: string[] = [];

const NoteEvent = defineEvent('note.taken', { data: typeOnly<{ text: string }>() });
const AskCommand = defineCommand('ask', {
  data: typeOnly<{ question: string }>(),
  result: typeOnly<string>(),
});

// #region lifecycle
const bus = createMessageBus();
bus.registerEventHandler(SessionStartEvent, (event) => {
  seen.push(`session start: ${event.sessionId}`);
});
bus.registerEventHandler(SessionEndEvent, (event) => {
  seen.push(`session end: ${event.sessionId} ${event.data.error?.message ?? ''}`.trim());
});
await bus.start();

{
  await using session = await bus.session(sessionId('ada'));
  session.registerEventHandler(NoteEvent, (event) => {
    seen.push(`${event.sessionId} notes ${event.data.text}`);
  });
  await session.publish(NoteEvent({ text: 'tea' })); // carries the session's id
} // leaving the scope ends the session: queued events run, then SessionEndEvent, then its handlers go
// #endregion lifecycle
assert.deepEqual(seen, ['session start: ada', 'ada notes tea', 'session end: ada']);

// #region scoped
bus.registerCommandHandler(AskCommand, () => ok('the bus answers'));
const grace = await bus.session(sessionId('grace'));
grace.registerCommandHandler(AskCommand, () => ok('grace answers'));

const own = await grace.execute(AskCommand({ question: 'who?' })); // 'grace answers'
const bare = await bus.execute(AskCommand({ question: 'who?' })); // 'the bus answers'

// Registering with an id works too, with or without an open session.
using registration = bus.registerEventHandler(
  NoteEvent,
  (event) => void seen.push(event.data.text),
  {
    sessionId: sessionId('grace'),
  },
);
await bus.publish(NoteEvent({ text: 'for nobody' }));
await bus.publish(NoteEvent({ text: 'for grace' }, { sessionId: sessionId('grace') }));
// #endregion scoped
assert.ok(own.success && bare.success);
assert.deepEqual([own.result, bare.result], ['grace answers', 'the bus answers']);
assert.deepEqual(seen.slice(3), ['session start: grace', 'for grace']);

// #region side-by-side
const order: string[] = [];
let running = 0;
let mostAtOnce = 0;
const alan = await createBusSession(bus, sessionId('alan'));
bus.registerEventHandler(NoteEvent, async (event) => {
  mostAtOnce = Math.max(mostAtOnce, ++running);
  if (event.data.text === 'slow') await sleep(20);
  running--;
  order.push(`${event.sessionId}: ${event.data.text}`);
});

for (const session of [grace, alan]) {
  await session.publish(NoteEvent({ text: 'slow' }), { awaitProcessing: false });
  await session.publish(NoteEvent({ text: 'quick' }), { awaitProcessing: false });
}
await bus.waitForEvents();
console.log(order, mostAtOnce); // 'slow' before 'quick' in each session, and both sessions at once: 2
// #endregion side-by-side
for (const name of ['grace', 'alan']) {
  const ofSession = order.filter((line) => line.startsWith(name));
  assert.deepEqual(ofSession, [`${name}: slow`, `${name}: quick`]);
}
assert.equal(mostAtOnce, 2);

// #region ended
await alan.end(new Error('the model hung up')); // running work is aborted at once
await assert.rejects(alan.publish(NoteEvent({ text: 'too late' })), {
  code: 'LLMGINE_SESSION_ENDED',
});
// #endregion ended
assert.equal(seen.at(-1), 'session end: alan the model hung up');

registration[Symbol.dispose]();
await grace.end();
await bus.stop();
assert.equal(bus.getStats().sessions, 0);
console.log('sessions: as they should be');
