import { defineEvent, typeOnly, type EventMessage, type EventOptions } from '@llmgine/core';
import { onTestFinished } from 'vitest';

/** Something opened for one test. */
export interface UnderTest {
  /** Called when the test is over. */
  close?(): Promise<void> | void;
}

/** Opens for one test and closes when it is over. */
export async function openForTest<Opened extends UnderTest>(
  open: () => Opened | Promise<Opened>,
): Promise<Opened> {
  const opened = await open();
  onTestFinished(async () => {
    await opened.close?.();
  });
  return opened;
}

/** A definition, as far as contracts need it. */
interface ContractEvent<Data> {
  (data: Data, options?: EventOptions): EventMessage;
  readonly type: string;
}

/** The events that contracts store. */
export const Reminder: ContractEvent<{ readonly text: string }> = defineEvent('contract.reminder', {
  data: typeOnly<{ readonly text: string }>(),
});

/** A type that some worker does not know. */
export const Stranger: ContractEvent<unknown> = defineEvent('contract.stranger', {
  data: typeOnly<unknown>(),
});

/** Everything that comes out of an async iterator. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The texts of reminders. */
export function texts(items: readonly { readonly event: EventMessage }[]): string[] {
  return items.map(({ event }) => (event.data as { text: string }).text);
}
