import pc from 'picocolors';
import type { ChatFailure, ChatOutput } from './output.ts';
import type { Spinner } from './spinner.ts';
import type { OutputStreams } from './streams.ts';
import { oneLine, safeForTerminal } from './terminal-text.ts';

const DEFAULT_COLUMNS = 80;

/** How text is shown. */
export interface TextOutputOptions {
  readonly streams: OutputStreams;
  readonly spinner: Spinner;
  readonly color: boolean;
}

/** The answer on stdout; steps, tools and failures on stderr. */
export function createTextOutput({ streams, spinner, color }: TextOutputOptions): ChatOutput {
  const { stdout, stderr } = streams;
  const colors = pc.createColors(color);
  const columns = (): number => stderr.columns ?? DEFAULT_COLUMNS;
  let answer = '';
  let shown: ChatFailure | undefined;
  let lineIsOpen = false;

  return {
    start: () => {},
    notice: (text) => line(colors.dim(text)),
    prompt: () => {
      answer = '';
    },
    status(status) {
      closeLine();
      if (status === 'finished' || status === 'failed') spinner.stop();
      else spinner.show(status);
    },
    delta(text) {
      spinner.stop();
      answer += text;
      lineIsOpen = !text.endsWith('\n');
      stdout.write(stdout.isTTY ? safeForTerminal(text) : text);
    },
    toolRequested({ toolName, arguments: args }) {
      line(colors.cyan(oneLine(`→ ${toolName}(${argumentsText(args)})`, columns())));
    },
    toolResult({ toolName, status, toolResult }) {
      const mark = status === 'ok' ? colors.green('✓') : colors.red('✗');
      line(`${mark} ${oneLine(`${toolName}: ${toolResult}`, columns() - 2)}`);
    },
    approvalRequested: () => spinner.stop(),
    modelFinished: () => {},
    sessions(sessions) {
      for (const { sessionId, messages, firstPrompt } of sessions) {
        const prompt = stdout.isTTY
          ? oneLine(firstPrompt, 60)
          : firstPrompt.replaceAll(/\s+/g, ' ');
        stdout.write(`${sessionId}\t${messages} messages\t${prompt}\n`);
      }
      if (sessions.length === 0) line('No sessions are kept yet. Start one with --session NAME.');
    },
    turn({ result, error }) {
      spinner.stop();
      const text = result?.text ?? '';
      if (text !== '' && !answer.endsWith(text)) stdout.write(text); // deltas may be evicted under pressure
      if (text !== '' || answer !== '') stdout.write('\n');
      lineIsOpen = false;
      shown = error;
      if (error) line(colors.red(`error: ${oneLine(error.message, 2_000)}`));
      else if (result && result.stopReason !== 'answered')
        line(colors.yellow(STOPPED[result.stopReason]));
    },
    end: ({ error }) => {
      spinner.stop();
      if (error && error !== shown) line(colors.red(`error: ${oneLine(error.message, 2_000)}`));
    },
  };

  function line(text: string): void {
    closeLine();
    spinner.above(() => stderr.write(`${text}\n`));
  }

  /** What goes to stderr must not continue a line of the answer. */
  function closeLine(): void {
    if (!lineIsOpen) return;
    lineIsOpen = false;
    if (stdout.isTTY) stdout.write('\n');
  }
}

const STOPPED = {
  stepLimit: 'Stopped: the model still called tools at the step limit (--max-steps).',
  budget: 'Stopped: the budget is used up (--max-tokens, --max-cost, --timeout).',
  loop: 'Stopped: the model made the same call again and again.',
  refused: 'The model declined to answer.',
  lengthLimit: 'The answer was cut off at the longest length allowed.',
  aborted: 'Interrupted.',
  error: 'Failed.',
} as const;

function argumentsText(args: unknown): string {
  return typeof args === 'string' ? args : (JSON.stringify(args) ?? '');
}
