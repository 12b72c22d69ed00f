import { defineEvent, typeOnly } from '@llmgine/core';

export const Reminder = defineEvent('reminder', {
  data: typeOnly<{ readonly text: string }>(),
});
