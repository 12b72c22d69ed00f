import type {
  AttemptWrapper,
  BusObserver,
  CommandCall,
  CommandResult,
  EventCall,
} from '@llmgine/core';

/** A sink for what a bus reports, e.g. the terminal or a tracing backend. May wrap handlers too. */
export interface ObservabilityHandler
  extends BusObserver, Partial<AttemptWrapper>, Partial<AsyncDisposable> {
  /** Names the handler in lists and failures. */
  readonly name: string;
  /** `next()` always resolves to a result, also when the handler threw. */
  aroundCommand?(call: CommandCall, next: () => Promise<CommandResult>): Promise<CommandResult>;
  /** `next()` rejects with what the handler threw. */
  aroundEvent?(call: EventCall, next: () => Promise<void>): Promise<void>;
}
