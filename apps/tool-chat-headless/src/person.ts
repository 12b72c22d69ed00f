import { createInterface } from 'node:readline/promises';
import type { ApprovalReply } from './approvals.ts';
import type { AskPerson } from './chat.ts';
import { oneLine } from './output/terminal-text.ts';

/** A person at a terminal. */
export interface Person {
  /** Undefined: they are done (Ctrl-D), or gave up (Ctrl-C). */
  readPrompt(): Promise<string | undefined>;
  readonly askAboutTool: AskPerson;
}

/** Where a person types and reads. */
export interface PersonStreams {
  readonly input: NodeJS.ReadStream;
  /** For people, so that answers can be piped elsewhere. */
  readonly output: NodeJS.WriteStream;
}

/** Talks to the person at the terminal. */
export function createPerson({ input, output }: PersonStreams): Person {
  let history: string[] = [];
  const always = new Set<string>();

  return {
    async readPrompt() {
      const lines = createInterface({
        input,
        output,
        history: [...history],
        historySize: 200,
        terminal: true,
      });
      lines.on('history', (entered) => {
        history = entered;
      });
      try {
        const prompt = await answerOf(lines, '> ');
        if (prompt === undefined) output.write('\n'); // what comes next begins a line
        return prompt;
      } finally {
        lines.close();
      }
    },
    async askAboutTool({ toolName, toolArgs, effect }, signal) {
      if (always.has(toolName)) return { decision: 'allow' };
      const lines = createInterface({ input, output, terminal: true });
      try {
        const asked = oneLine(`${toolName}(${JSON.stringify(toolArgs)})`, 500);
        const answer = await answerOf(
          lines,
          `Allow ${asked}, effect ${effect}? [y]es, [a]lways, [N]o: `,
          signal,
        );
        return readReply(answer, () => always.add(toolName));
      } finally {
        lines.close();
      }
    },
  };
}

function answerOf(
  lines: ReturnType<typeof createInterface>,
  question: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined));
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT'); // what Ctrl-C would have done without a line editor
    });
    lines.question(question, signal ? { signal } : {}).then(resolve, () => resolve(undefined));
  });
}

function readReply(answer: string | undefined, remember: () => void): ApprovalReply {
  const said = answer?.trim().toLowerCase() ?? '';
  if (said === 'a' || said === 'always') remember();
  return ['y', 'yes', 'a', 'always'].includes(said)
    ? { decision: 'allow' }
    : { decision: 'deny', reason: 'the user said no.' };
}
