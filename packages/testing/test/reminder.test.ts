import { expect, it } from 'vitest';
// #region reminder
import { createMessageBus, defineEvent, typeOnly } from '@llmgine/core';
import { createFakeClock, createRecordedSignals } from '@llmgine/testing';

const ReminderEvent = defineEvent('reminder', { data: typeOnly<{ text: string }>() });

it('reminds after a minute', async () => {
  const clock = createFakeClock();
  const signals = createRecordedSignals();
  await using bus = createMessageBus({ clock });
  bus.addObserver(signals);
  await bus.start();

  await bus.publish(ReminderEvent({ text: 'tea' }, { scheduledAt: clock.now() + 60_000 }));
  await clock.advanceAsync(59_999);
  expect(signals.of('event.processed')).toEqual([]);

  await clock.advanceAsync(1);
  expect(signals.of('event.processed')).toHaveLength(1);
});
// #endregion reminder
