import { LlmgineError } from '@llmgine/core';

/** A prompt came while its session was busy, or from inside its own run. */
export class EngineBusyError extends LlmgineError {
  override readonly name = 'EngineBusyError';
  readonly code = 'LLMGINE_BUSY';
  readonly sessionId: string;

  constructor(sessionId: string, why: 'running' | 'inside') {
    super(
      why === 'running'
        ? `Session '${sessionId}' is answering another prompt. Wait for it, or create the engine with onBusy: 'queue' or 'interrupt'.`
        : `A run of session '${sessionId}' prompted its own session, which would wait for itself. Use another session.`,
    );
    this.sessionId = sessionId;
  }
}

/** A newer prompt took the place of a run. */
export class RunInterruptedError extends LlmgineError {
  override readonly name = 'RunInterruptedError';
  readonly code = 'LLMGINE_RUN_INTERRUPTED';

  constructor() {
    super('A newer prompt in the same session took the place of this run.');
  }
}

/** The engine was disposed while it was running. */
export class EngineDisposedError extends LlmgineError {
  override readonly name = 'EngineDisposedError';
  readonly code = 'LLMGINE_ENGINE_DISPOSED';

  constructor() {
    super('The engine was disposed. Create a new one.');
  }
}

/** No journal is kept of a run that was to be resumed. */
export class RunNotFoundError extends LlmgineError {
  override readonly name = 'RunNotFoundError';
  readonly code = 'LLMGINE_RUN_NOT_FOUND';
  readonly runId: string;

  constructor(runId: string) {
    super(
      `There is no journal of run '${runId}'. Check the id, and that the engine has the journal's store.`,
    );
    this.runId = runId;
  }
}

/** A file of a stream store does not hold what a stream store wrote. */
export class DamagedStreamError extends LlmgineError {
  override readonly name = 'DamagedStreamError';
  readonly code = 'LLMGINE_DAMAGED_STREAM';
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;

  constructor(file: string, line: number, options?: ErrorOptions) {
    super(
      `'${file}' is damaged in line ${line}. Restore it, or delete it and start anew.`,
      options,
    );
    this.file = file;
    this.line = line;
  }
}
