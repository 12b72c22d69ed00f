import type { BusSignal, BusSignalType } from '@llmgine/core';

/** The signal of one type. */
type SignalOf<Type extends BusSignalType> = Extract<BusSignal, { readonly type: Type }>;

/** What to do with signals, by type. */
export type SignalReaders = {
  readonly [Type in BusSignalType]?: (signal: SignalOf<Type>) => void;
};
