import type { Arguments } from './arguments.ts';
import type { Chat } from './chat.ts';
import { ExitCode } from './exit-code.ts';
import type { Interrupts } from './interrupts.ts';
import type { ChatEnd, ChatOutput } from './output/output.ts';
import type { Person } from './person.ts';
import { readInputLine } from './prompts.ts';
import { readLines, readText } from './standard-input.ts';
import { UsageError } from './usage-error.ts';

/** Where prompts come from and what they go to. */
export interface Conversation {
  readonly chat: Chat;
  readonly options: Arguments;
  readonly interrupts: Interrupts;
  readonly output: ChatOutput;
  readonly person: Person | undefined;
  readonly input: AsyncIterable<Uint8Array | string>;
  /** The session's name, and the run that was cut off, if there is one. */
  readonly sessionId: string;
  readonly unfinishedRun: string | undefined;
}

/** Goes through a run that was cut off, then through all prompts, and gives how it ended. */
export async function converse(conversation: Conversation): Promise<ChatEnd> {
  const { chat, options, interrupts, output, unfinishedRun, sessionId, person } = conversation;
  let end: ChatEnd = { sessionId, exitCode: ExitCode.answered };
  if (unfinishedRun !== undefined) {
    output.notice('Finishing the run that was cut off.');
    end = await interrupts.during((signal) => chat.resume(unfinishedRun, signal));
    if (!end.result) return end; // it failed, or was interrupted again: the next prompt would fare no better
  }
  if (options.input === 'jsonl') return answerLines(conversation, end);
  if (options.prompt !== undefined) return ask(conversation, options.prompt);
  if (person) return talk(conversation, person, end);

  const prompt = await readText(conversation.input);
  if (prompt.trim() !== '') return ask(conversation, prompt);
  if (unfinishedRun !== undefined) return end;
  throw new UsageError(
    'There is no prompt. Give one as an argument or on the standard input; --help tells more.',
  );
}

function ask({ chat, interrupts }: Conversation, prompt: string): Promise<ChatEnd> {
  return interrupts.during((signal) => chat.ask(prompt, signal));
}

/** Asks until the person is done; a prompt that failed or was interrupted ends only itself. */
async function talk(conversation: Conversation, person: Person, begun: ChatEnd): Promise<ChatEnd> {
  let end = begun;
  for (;;) {
    const prompt = await person.readPrompt();
    if (prompt === undefined || /^\/(exit|quit)$/.test(prompt.trim())) break;
    if (prompt.trim() !== '') end = await ask(conversation, prompt);
  }
  return { ...end, exitCode: ExitCode.answered };
}

/** Prompts are answered one after another; approvals and interrupts are heard meanwhile. */
async function answerLines(conversation: Conversation, begun: ChatEnd): Promise<ChatEnd> {
  const { chat, interrupts, output, sessionId } = conversation;
  let end = begun;
  let running: Promise<void> = Promise.resolve();
  for await (const line of readLines(conversation.input)) {
    const read = readInputLine(line);
    if (typeof read === 'string') {
      running = running.then(() => {
        const failed: ChatEnd = {
          sessionId,
          exitCode: ExitCode.usage,
          error: { code: 'BAD_INPUT', message: read },
        };
        end = failed;
        output.turn(failed);
      });
      continue;
    }
    if (read.type === 'interrupt') interrupts.interrupt();
    else if (read.type === 'approval') await chat.approve(read);
    else
      running = running.then(
        async () => void (end = worse(end, await ask(conversation, read.prompt))),
      );
  }
  chat.endApprovals();
  await running;
  return end;
}

/** The last turn, with the exit code of the first that did not go well. */
function worse(before: ChatEnd, latest: ChatEnd): ChatEnd {
  return before.exitCode === ExitCode.answered ? latest : { ...latest, exitCode: before.exitCode };
}
