import type {
  BusObserver,
  CommandMiddleware,
  EventMiddleware,
  AttemptWrapper,
} from '@llmgine/core';

/** A sink for what a bus reports, e.g. the terminal or a tracing backend. May wrap handlers too. */
export interface ObservabilityHandler
  extends
    BusObserver,
    Partial<Pick<CommandMiddleware, 'aroundCommand'>>,
    Partial<Pick<EventMiddleware, 'aroundEvent'>>,
    Partial<AttemptWrapper>,
    Partial<AsyncDisposable> {
  /** Names the handler in lists and failures. */
  readonly name: string;
}
