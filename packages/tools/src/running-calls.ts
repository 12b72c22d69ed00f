import type { ToolRun } from './tool-connection.ts';

interface RunningCall {
  readonly commandId: string;
  readonly run: ToolRun;
}

/**
 * The calls that wait for their command. A list, looked through from its end, where a command's handler mostly finds its
 * call: a map that empties at every call leaves a chain of tables behind, which keeps the calls before it alive until
 * the next full collection of garbage.
 */
export class RunningCalls {
  readonly #calls: RunningCall[] = [];

  add(commandId: string, run: ToolRun): void {
    this.#calls.push({ commandId, run });
  }

  find(commandId: string): ToolRun | undefined {
    const calls = this.#calls;
    for (let place = calls.length - 1; place >= 0; place--) {
      if (calls[place]?.commandId === commandId) return calls[place]?.run;
    }
    return undefined;
  }

  remove(commandId: string): void {
    const calls = this.#calls;
    if (calls.at(-1)?.commandId === commandId) {
      calls.pop();
      return;
    }
    const place = calls.findIndex((call) => call.commandId === commandId);
    if (place >= 0) calls.splice(place, 1);
  }
}
