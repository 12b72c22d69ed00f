import type { BusSignal, BusSignalType } from '@llmgine/core';

/** What the signal of one type tells, except when. */
type SignalOf<Type extends BusSignalType> = Omit<
  Extract<BusSignal, { readonly type: Type }>,
  'type' | 'at'
>;

/** What to do with signals, by type. */
export type SignalReaders = {
  readonly [Type in BusSignalType]?: (signal: SignalOf<Type>) => void;
};
