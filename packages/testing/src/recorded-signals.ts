import type { BusObserver, BusSignal, BusSignalType } from '@llmgine/core';

/** An observer that keeps what it sees. */
export interface RecordedSignals extends BusObserver {
  readonly all: readonly BusSignal[];
  /** The signals of one type, in order. */
  of<Type extends BusSignalType>(type: Type): readonly Extract<BusSignal, { type: Type }>[];
  /** The types of all signals, in order. */
  types(): readonly BusSignalType[];
}

/** Makes an observer that keeps what it sees. */
export function createRecordedSignals(): RecordedSignals {
  const all: BusSignal[] = [];

  return {
    all,
    observe: (signal) => void all.push(signal),
    of: <Type extends BusSignalType>(type: Type) =>
      all.filter((signal): signal is Extract<BusSignal, { type: Type }> => signal.type === type),
    types: () => all.map((signal) => signal.type),
  };
}
