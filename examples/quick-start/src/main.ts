import assert from 'node:assert/strict';
// #region quick-start
import { createMessageBus, defineCommand, defineEvent, ok, typeOnly } from '@llmgine/core';
import { z } from 'zod';

// 1. Define your messages. Any Standard Schema does; typeOnly trusts the compiler and checks nothing.
const HelloCommand = defineCommand('hello', {
  data: z.object({ name: z.string().default('world') }),
  result: z.string(),
});
const HelloEvent = defineEvent('hello.said', { data: typeOnly<{ text: string }>() });

// 2. Create a bus and register handlers.
await using bus = createMessageBus();

bus.registerCommandHandler(HelloCommand, async (command, context) => {
  const text = `Hello, ${command.data.name}!`;
  await context.publish(HelloEvent({ text }), { awaitProcessing: false });
  return ok(`Greeted ${command.data.name}`);
});

bus.registerEventHandler(HelloEvent, (event) => {
  console.log(`[event] ${event.data.text}`);
});

// 3. Start, execute, and stop. Leaving the scope of `await using` would stop it too.
await bus.start();
const greeted = await bus.execute(HelloCommand({ name: 'LLMgine' }));
console.log(greeted.success ? greeted.result : greeted.error); // "Greeted LLMgine"
await bus.stop(); // what is queued is handled first
// #endregion quick-start

assert.ok(greeted.success);
assert.equal(greeted.result, 'Greeted LLMgine');

// #region receipts
const receiving = createMessageBus();
receiving.registerEventHandler(HelloEvent, function shout({ data }) {
  if (data.text === '') throw new Error('nothing to say');
});
await receiving.start();

const processed = await receiving.publish(HelloEvent({ text: '' }));
// { status: 'processed', failures: [{ handler: 'shout', error: Error: nothing to say }] }

const queued = await receiving.publish(HelloEvent({ text: 'hi' }), { awaitProcessing: false });
// { status: 'queued' }

await receiving.waitForEvents(); // until everything accepted so far is handled
// #endregion receipts
assert.equal(processed.status, 'processed');
assert.deepEqual(
  processed.failures.map(({ handler, error }) => [handler, error.message]),
  [['shout', 'nothing to say']],
);
assert.deepEqual(queued, { status: 'queued' });

// #region unsuppressed
receiving.unsuppressEventErrors();
await assert.rejects(receiving.publish(HelloEvent({ text: '' })), {
  code: 'LLMGINE_EVENT_HANDLERS_FAILED',
});
// #endregion unsuppressed

// #region invalid
assert.throws(() => HelloCommand({ name: 7 as unknown as string }), {
  code: 'LLMGINE_INVALID_MESSAGE',
});
assert.equal(HelloCommand().data.name, 'world'); // the schema's default
// #endregion invalid

// #region no-handler
const UnhandledCommand = defineCommand('unhandled', { data: typeOnly<object>() });
const failed = await receiving.execute(UnhandledCommand({}));
if (!failed.success) console.log(failed.error.message); // "No handler for command 'unhandled' …"
// #endregion no-handler
assert.equal(failed.success, false);

// #region deadline
const SlowCommand = defineCommand('slow', { data: typeOnly<object>() });
receiving.registerCommandHandler(SlowCommand, (_command, { signal }) => aborted(signal));

const late = await receiving.execute(SlowCommand({}), { timeoutMs: 20 });
if (!late.success) console.log(late.error.name); // "CommandTimeoutError"

const caller = new AbortController();
const cancelled = receiving.execute(SlowCommand({}), { signal: caller.signal });
caller.abort('the user pressed stop');
console.log((await cancelled).success); // false, with CommandCancelledError
// #endregion deadline
assert.ok(!late.success && late.error.name === 'CommandTimeoutError');

await receiving.stop();
console.log('quick-start: as it should be');

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
