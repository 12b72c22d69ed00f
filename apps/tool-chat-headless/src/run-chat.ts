import { systemClock } from '@llmgine/core/timing';
import { toError } from '@llmgine/core';
import { createToolManager, type ToolManager } from '@llmgine/tools';
import { approvalPolicy } from './approvals.ts';
import type { Arguments } from './arguments.ts';
import { openChat } from './chat.ts';
import { openModel } from './chat-model.ts';
import { converse } from './conversation.ts';
import { readEnvironment, type ChatEnvironment } from './environment.ts';
import { ExitCode } from './exit-code.ts';
import { toFailure } from './failure.ts';
import { listenForInterrupts, type Interrupts } from './interrupts.ts';
import { connectMcp } from './mcp.ts';
import { createOutput } from './output/create-output.ts';
import type { ChatEnd, ChatOutput } from './output/output.ts';
import { createPerson, type Person } from './person.ts';
import { createRecorder } from './recording/recorder.ts';
import { openReplayer, type Replayer } from './recording/replayer.ts';
import { newSessionId, openSessions, unkeptHistory, type Sessions } from './sessions.ts';
import { calculate } from './tools/calculate.ts';
import { createFetchUrl } from './tools/fetch-url.ts';
import { createFileTools } from './tools/file-tools.ts';
import { getWeather } from './tools/get-weather.ts';
import { searchWeb } from './tools/search-web.ts';
import { UsageError } from './usage-error.ts';

/** Runs the program and gives its exit code. Whatever happens, the output is told how it ended. */
export async function runChat(options: Arguments): Promise<number> {
  const environment = readEnvironment(process.env);
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const output = createOutput({
    format: options.output,
    streams,
    color: environment.color,
    clock: systemClock,
  });
  using interrupts = listenForInterrupts(process);
  const sessionId = options.session ?? options.resume ?? newSessionId();
  let end: ChatEnd;
  try {
    const sessions = openSessions(environment.home);
    end = options.list
      ? await listSessions(sessions, output)
      : await chat({ options, environment, output, interrupts, sessions, sessionId });
  } catch (thrown) {
    const exitCode = thrown instanceof UsageError ? ExitCode.usage : ExitCode.failed;
    end = { sessionId, exitCode, error: toFailure(toError(thrown)) };
  }
  output.end(end);
  return end.exitCode;
}

interface ChatWork {
  readonly options: Arguments;
  readonly environment: ChatEnvironment;
  readonly output: ChatOutput;
  readonly interrupts: Interrupts;
  readonly sessions: Sessions;
  readonly sessionId: string;
}

async function chat(work: ChatWork): Promise<ChatEnd> {
  const { options, environment, output, interrupts, sessions } = work;
  await using opened = new AsyncDisposableStack();
  const replayer = options.replay === undefined ? undefined : openReplayer(options.replay);
  const recorder =
    options.record === undefined
      ? undefined
      : opened.use(createRecorder(options.record, secretsOf(environment)));
  const sessionId = replayer?.head.sessionId ?? work.sessionId;
  const person = personAt(options);
  const kept =
    options.session !== undefined || options.resume !== undefined || person !== undefined;

  const stored =
    kept && !replayer
      ? await sessions.open(sessionId, {
          systemPrompt: options.system,
          mustExist: options.resume !== undefined,
        })
      : unkeptHistory(options.system);
  const { model, notice } = opened.use(
    await openModel({
      options,
      environment,
      replayed: replayer?.head,
      fetch: replayer?.fetch ?? recorder?.fetch,
    }),
  );
  if (notice !== undefined) output.notice(notice);
  const tools = await openTools(options, { opened, output, replayer });
  const listed = (replayer?.head.tools ?? tools.parseToolsToList()).map(
    (tool) => tool.function.name,
  );
  output.start({ sessionId, provider: model.provider, model: model.model, tools: listed });
  recorder?.begin({
    sessionId,
    provider: model.provider,
    model: model.model,
    tools: tools.parseToolsToList(),
  });
  if (person)
    output.notice(
      `Session ${sessionId}. Ctrl-D ends it; llmgine-chat --resume ${sessionId} goes on with it.`,
    );

  const running = opened.use(
    await openChat({
      sessionId,
      options,
      model,
      tools,
      stored,
      sessions: kept && !replayer ? sessions : undefined,
      output,
      recorder,
      replayer,
      askPerson: options.input === 'jsonl' ? null : (person ?? personForQuestions())?.askAboutTool,
    }),
  );
  const unfinishedRun =
    options.resume === undefined ? undefined : await sessions.unfinishedRun(sessionId);
  // Awaited here: what was opened is closed when this returns.
  return await converse({
    chat: running,
    options,
    interrupts,
    output,
    person,
    input: process.stdin,
    sessionId,
    unfinishedRun,
  });
}

interface ToolPlaces {
  readonly opened: AsyncDisposableStack;
  readonly output: ChatOutput;
  readonly replayer: Replayer | undefined;
}

async function openTools(
  options: Arguments,
  { opened, output, replayer }: ToolPlaces,
): Promise<ToolManager> {
  const tools = createToolManager({ approval: approvalPolicy(options.approve) });
  for (const tool of [
    getWeather,
    calculate,
    searchWeb,
    ...createFileTools(options.root),
    createFetchUrl(),
  ]) {
    tools.registerTool(tool);
  }
  if (options.mcp !== undefined && !replayer) {
    opened.use(await connectMcp(options.mcp, tools, (text) => output.notice(text)));
  }
  return tools;
}

/** Somebody to talk to: a terminal on both sides, and nothing else to read prompts from. */
function personAt({ prompt, input }: Arguments): Person | undefined {
  const alone = prompt === undefined && input === 'text';
  return alone ? personForQuestions() : undefined;
}

function personForQuestions(): Person | undefined {
  const atTerminal = process.stdin.isTTY && process.stderr.isTTY;
  return atTerminal ? createPerson({ input: process.stdin, output: process.stderr }) : undefined;
}

async function listSessions(sessions: Sessions, output: ChatOutput): Promise<ChatEnd> {
  output.sessions(await sessions.list());
  return { sessionId: '', exitCode: ExitCode.answered };
}

/** What must not be in a recording. */
function secretsOf({ apiKey }: ChatEnvironment): string[] {
  return apiKey === undefined ? [] : [apiKey];
}
