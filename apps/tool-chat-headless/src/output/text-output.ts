import pc from 'picocolors';
import type { ToolCallRequestedData, ToolExecuteResultData } from '@llmgine/core/vocabulary';
import type { SessionSummary } from '../sessions.ts';
import type { ChatEnd, ChatFailure, ChatOutput } from './output.ts';
import type { Spinner } from './spinner.ts';
import type { OutputStreams, TextSink } from './streams.ts';
import { oneLine, safeForTerminal } from './terminal-text.ts';

const DEFAULT_COLUMNS = 80;

/** How text is shown. */
export interface TextOutputOptions {
  readonly streams: OutputStreams;
  readonly spinner: Spinner;
  readonly color: boolean;
}

/** The answer on stdout; steps, tools and failures on stderr. */
export function createTextOutput(options: TextOutputOptions): ChatOutput {
  return new TextOutput(options);
}

class TextOutput implements ChatOutput {
  readonly #stdout: TextSink;
  readonly #stderr: TextSink;
  readonly #spinner: Spinner;
  readonly #colors: ReturnType<typeof pc.createColors>;
  #answer = '';
  #lineIsOpen = false;
  #shownFailure: ChatFailure | undefined;

  constructor({ streams, spinner, color }: TextOutputOptions) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#spinner = spinner;
    this.#colors = pc.createColors(color);
  }

  start(): void {}

  approvalRequested(): void {
    this.#spinner.stop();
  }

  modelFinished(): void {}

  notice(text: string): void {
    this.#line(this.#colors.dim(text));
  }

  prompt(): void {
    this.#answer = '';
  }

  status(status: string): void {
    this.#closeLine();
    if (status === 'finished' || status === 'failed') this.#spinner.stop();
    else this.#spinner.show(status);
  }

  delta(text: string): void {
    this.#spinner.stop();
    this.#answer += text;
    this.#lineIsOpen = !text.endsWith('\n');
    this.#stdout.write(this.#stdout.isTTY ? safeForTerminal(text) : text);
  }

  toolRequested({ toolName, arguments: args }: ToolCallRequestedData): void {
    const call = oneLine(`→ ${toolName}(${argumentsText(args)})`, this.#columns());
    this.#line(this.#colors.cyan(call));
  }

  toolResult({ toolName, status, toolResult }: ToolExecuteResultData): void {
    const mark = status === 'ok' ? this.#colors.green('✓') : this.#colors.red('✗');
    this.#line(`${mark} ${oneLine(`${toolName}: ${toolResult}`, this.#columns() - 2)}`);
  }

  sessions(sessions: readonly SessionSummary[]): void {
    for (const { sessionId, messages, firstPrompt } of sessions) {
      this.#stdout.write(`${sessionId}\t${messages} messages\t${oneLine(firstPrompt, 60)}\n`);
    }
    if (sessions.length === 0)
      this.#line('No sessions are kept yet. Start one with --session NAME.');
  }

  turn({ result, error }: ChatEnd): void {
    this.#spinner.stop();
    const text = result?.text ?? '';
    if (text !== '' && !this.#answer.endsWith(text)) this.#stdout.write(text); // deltas may be evicted under pressure
    if (text !== '' || this.#answer !== '') this.#stdout.write('\n');
    this.#lineIsOpen = false;
    if (error && result) this.#stopped(error);
    else if (error) this.#failure(error);
  }

  end({ error }: ChatEnd): void {
    this.#spinner.stop();
    if (error && error !== this.#shownFailure) this.#failure(error);
  }

  #stopped(error: ChatFailure): void {
    this.#shownFailure = error;
    this.#line(this.#colors.yellow(error.message));
  }

  #failure(error: ChatFailure): void {
    this.#shownFailure = error;
    this.#line(this.#colors.red(`error: ${error.message}`));
  }

  #line(text: string): void {
    this.#closeLine();
    this.#spinner.above(() => this.#stderr.write(`${text}\n`));
  }

  /** What goes to stderr must not continue a line of the answer. */
  #closeLine(): void {
    if (!this.#lineIsOpen) return;
    this.#lineIsOpen = false;
    if (this.#stdout.isTTY) this.#stdout.write('\n');
  }

  #columns(): number {
    return this.#stderr.columns ?? DEFAULT_COLUMNS;
  }
}

function argumentsText(args: unknown): string {
  return typeof args === 'string' ? args : (JSON.stringify(args) ?? '');
}
