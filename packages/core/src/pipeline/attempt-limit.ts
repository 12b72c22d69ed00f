import { CommandTimeoutError } from '../bus/bus-errors.ts';
import type { Deadline } from '../timing/deadlines.ts';
import { DispatchScope } from './dispatch-scope.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** How long an attempt may take, and who hears that it took longer. */
export interface AttemptLimitOptions {
  readonly timeoutMs: number;
  readonly expired: (error: CommandTimeoutError) => void;
}

/** Gives up on one attempt at a command when its time is up. Such an attempt has a scope, and so a signal, of its own. */
export class AttemptLimit {
  readonly scope: DispatchScope;
  readonly #parts: PipelineParts;
  readonly #deadline: Deadline;

  constructor(parent: DispatchScope, parts: PipelineParts, options: AttemptLimitOptions) {
    const { message } = parent;
    this.scope = new DispatchScope(message, parent, parent.quiet);
    this.scope.depth = parent.depth; // it is the same message
    this.#parts = parts;
    this.#deadline = parts.deadlines.set(options.timeoutMs, () => {
      const error = new CommandTimeoutError(message.type, options.timeoutMs);
      this.abort(error);
      options.expired(error);
    });
  }

  /** Resolves after what the attempt published inline, unless it is given up on before. */
  async inside<T>(attempt: () => Promise<T>): Promise<T> {
    const result = await this.#parts.scopes.runInside(this.scope, attempt);
    if (this.scope.open && this.scope.hasChildren) {
      await new Promise<void>((resolve) => {
        this.scope.whenChildless = resolve;
      });
    }
    return result;
  }

  abort(reason: unknown): void {
    this.end();
    this.scope.abortSignal(reason);
    this.#parts.scopes.abortInside(this.scope, reason);
  }

  /** The attempt is over. */
  end(): void {
    this.scope.open = false;
    this.#deadline.cancel();
  }
}
