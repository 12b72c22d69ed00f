import { systemClock } from '@llmgine/core/timing';
import { toError } from '@llmgine/core';
import type { ChatModel, StoredChatHistory } from '@llmgine/llm';
import { createToolManager, type ToolManager } from '@llmgine/tools';
import { approvalPolicy } from './approvals.ts';
import type { Arguments } from './arguments.ts';
import { openChat } from './chat.ts';
import { openModel } from './chat-model.ts';
import { converse } from './conversation.ts';
import { readEnvironment, type ChatEnvironment } from './environment.ts';
import { ExitCode, exitCodeOfError } from './exit-code.ts';
import { INTERRUPTED, toFailure } from './failure.ts';
import { listenForInterrupts, type Interrupts } from './interrupts.ts';
import { connectMcp } from './mcp.ts';
import { createOutput } from './output/create-output.ts';
import type { ChatEnd, ChatOutput } from './output/output.ts';
import { createPerson, type Person } from './person.ts';
import { createRecorder, type Recorder } from './recording/recorder.ts';
import type { RecordingHead } from './recording/recording.ts';
import { openReplayer, type Replayer } from './recording/replayer.ts';
import { openServices, type Services } from './services.ts';
import { newSessionId, Sessions, sessionsBelow, unkeptHistory } from './sessions.ts';
import { calculate } from './tools/calculate.ts';
import { checkRoot } from './tools/confined-path.ts';
import { createFetchUrl } from './tools/fetch-url.ts';
import { createFileTools } from './tools/file-tools.ts';
import { getWeather } from './tools/get-weather.ts';
import { searchWeb } from './tools/search-web.ts';

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
  const sessionId = options.session ?? options.resume ?? newSessionId();
  let end: ChatEnd | undefined;
  // Never disposed: until the process is gone, a signal must not end it without a last word.
  const interrupts = listenForInterrupts(process, () => {
    if (!end) output.end({ sessionId, exitCode: ExitCode.interrupted, error: INTERRUPTED });
  });
  try {
    end = await withServices({ options, environment, output, interrupts, sessionId });
  } catch (thrown) {
    end = { sessionId, exitCode: exitCodeOfError(thrown), error: toFailure(toError(thrown)) };
  }
  output.end(end);
  return end.exitCode;
}

interface ChatCall {
  readonly options: Arguments;
  readonly environment: ChatEnvironment;
  readonly output: ChatOutput;
  readonly interrupts: Interrupts;
  readonly sessionId: string;
}

interface ChatWork extends ChatCall {
  readonly sessions: Sessions;
  readonly services: Services;
}

/** Database, metrics and tracing outlive the chat: its last events go through them. */
async function withServices(call: ChatCall): Promise<ChatEnd> {
  await using opened = new AsyncDisposableStack();
  const services = await openServices(call.options, opened);
  const { store } = services;
  const sessions = store ? new Sessions(store) : sessionsBelow(call.environment.home);
  return call.options.list
    ? await listSessions(sessions, call.output)
    : await chat({ ...call, sessions, services });
}

async function chat(work: ChatWork): Promise<ChatEnd> {
  const { options, environment, output, interrupts, sessions, services } = work;
  await using opened = new AsyncDisposableStack();
  const replayer =
    options.replay === undefined
      ? undefined
      : openReplayer(options.replay, () => interrupts.interrupt());
  const recorder = openRecorder(work, opened);
  const sessionId = replayer?.head.sessionId ?? work.sessionId;
  const person = personAt(options);
  const kept = !replayer && (options.session ?? options.resume ?? person) !== undefined;

  if (kept) opened.use(sessions.lock(sessionId));
  const stored = kept ? await openStored(work) : unkeptHistory(options.system);
  const fetch = replayer?.fetch ?? recorder?.fetch;
  const choice = { options, environment, replayed: replayer?.head, fetch };
  const { model, baseUrl, notice } = opened.use(await openModel(choice));
  const tools = await openTools(options, { opened, output, replayer });
  const head = headOf(work, {
    sessionId,
    model,
    baseUrl,
    tools: replayer?.head.tools ?? tools.parseToolsToList(),
  });
  recorder?.begin(head);
  if (notice !== undefined) output.notice(notice);
  if (person)
    output.notice(`Session ${sessionId}. Ctrl-D ends it, --resume ${sessionId} goes on with it.`);

  const chatParts = { sessionId, options, model, tools, stored, output, recorder, replayer };
  const askPerson = options.input === 'jsonl' ? null : (person ?? personAtTerminal())?.askAboutTool;
  const running = opened.use(
    await openChat({ ...chatParts, services, sessions: kept ? sessions : undefined, askPerson }),
  );
  const goesOn = options.resume !== undefined || (kept && sessions.isExclusive);
  const unfinishedRun = goesOn ? await sessions.unfinishedRun(sessionId) : undefined;
  const input = process.stdin;
  // Awaited here: what was opened is closed when this returns.
  return await converse({
    chat: running,
    options,
    interrupts,
    output,
    person,
    input,
    sessionId,
    unfinishedRun,
  });
}

type Head = Omit<RecordingHead, 'type' | 'version'>;

/** Tells what the chat is, to the output and to a recording. */
function headOf(
  { output }: ChatWork,
  {
    sessionId,
    model,
    baseUrl,
    tools,
  }: Pick<Head, 'sessionId' | 'baseUrl' | 'tools'> & {
    readonly model: ChatModel;
  },
): Head {
  const { provider, model: name } = model;
  output.start({
    sessionId,
    provider,
    model: name,
    tools: tools.map((tool) => tool.function.name),
  });
  return { sessionId, provider, model: name, baseUrl, tools };
}

function openRecorder(
  { options, environment }: ChatWork,
  opened: AsyncDisposableStack,
): Recorder | undefined {
  const { record } = options;
  return record === undefined
    ? undefined
    : opened.use(createRecorder(record, secretsOf(environment)));
}

function openStored({ options, sessions, sessionId }: ChatWork): Promise<StoredChatHistory> {
  return sessions.open(sessionId, {
    systemPrompt: options.system,
    mustExist: options.resume !== undefined,
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
  await checkRoot(options.root);
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
  return alone ? personAtTerminal() : undefined;
}

function personAtTerminal(): Person | undefined {
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
