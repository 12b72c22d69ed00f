import { Command, InvalidArgumentError, Option } from 'commander';

/** How answers are written. */
export type OutputFormat = 'text' | 'json' | 'jsonl';

/** Who decides about tools that do something. */
export type ApprovalMode = 'ask' | 'never' | 'always';

/** What the command line says. */
export interface Arguments {
  /** Undefined: from the standard input, or an interactive session on a terminal. */
  readonly prompt: string | undefined;
  readonly input: 'text' | 'jsonl';
  readonly output: OutputFormat;
  readonly session?: string;
  readonly resume?: string;
  readonly list: boolean;
  readonly model?: string;
  readonly system?: string;
  readonly root: string;
  readonly mcp?: string;
  readonly approve: ApprovalMode;
  readonly maxSteps?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  /** In seconds. */
  readonly timeout?: number;
  readonly record?: string;
  readonly replay?: string;
  readonly demo: boolean;
  /** Keeps sessions, held events and, with LLMGINE_PERSIST_EVENTS=1, all events in this database. */
  readonly db?: string;
  readonly metricsPort?: number;
  readonly otel: boolean;
}

const EXAMPLES = `
Environment:
  OPENAI_API_KEY     key of the endpoint; without it and without OPENAI_BASE_URL a demo model answers
  OPENAI_BASE_URL    any endpoint that speaks the Chat Completions protocol
  OPENAI_MODEL       the model, unless --model names one
  LLMGINE_CHAT_HOME  where sessions are kept (default: $XDG_STATE_HOME/llmgine-chat)
  NO_COLOR           no colours

Exit codes: 0 answered, 1 failed, 2 usage, 3 limit reached, 4 approval needed, 130 interrupted

Examples:
  llmgine-chat "What is the weather in Paris, and what is 17 * 23?"
  git diff | llmgine-chat --output json
  llmgine-chat --session trip             an interactive session that is kept
  llmgine-chat --resume trip "And tomorrow?"`;

/** Builds the command line. Parsing throws commander's errors instead of ending the process. */
function createCommand(): Command {
  const bounds = {
    maxSteps: parseCount,
    maxTokens: parseCount,
    maxCost: parseAmount,
    timeout: parseAmount,
  };
  return new Command('llmgine-chat')
    .description(
      'A tool chat for terminals and scripts. Data goes to stdout, what is for people to stderr.',
    )
    .argument('[prompt...]', 'what to ask; default: the standard input, or an interactive session')
    .addOption(
      new Option('--input <format>', 'how prompts come in')
        .choices(['text', 'jsonl'])
        .default('text'),
    )
    .addOption(
      new Option('--output <format>', 'how answers go out')
        .choices(['text', 'json', 'jsonl'])
        .default('text'),
    )
    .option('--session <id>', 'keep the conversation under this name')
    .option('--resume <id>', 'go on with a kept conversation, finishing a run that was cut off')
    .option('--list', 'list the kept conversations', false)
    .option('--model <name>', 'model to ask')
    .option('--system <text>', 'instructions for the model')
    .option('--root <directory>', 'where read_file and list_files may look', '.')
    .option('--mcp <config>', 'MCP servers: a file with "mcpServers", as other clients use it')
    .addOption(
      new Option('--approve <mode>', 'tools that do something')
        .choices(['ask', 'never', 'always'])
        .default('ask'),
    )
    .option('--max-steps <n>', 'most model calls per prompt', bounds.maxSteps)
    .option('--max-tokens <n>', 'most tokens per prompt', bounds.maxTokens)
    .option('--max-cost <dollars>', 'most cost per prompt', bounds.maxCost)
    .option('--timeout <seconds>', 'longest time per prompt', bounds.timeout)
    .option('--record <file>', 'keep every exchange with model and tools')
    .option('--replay <file>', 'answer from a recording, offline')
    .option('--db <url>', 'keep sessions in a database: sqlite:///./chat.db or postgresql://…')
    .option('--metrics-port <n>', 'serve metrics and /health on this port of loopback', parsePort)
    .option('--otel', 'send traces to OTEL_EXPORTER_OTLP_ENDPOINT', false)
    .option('--demo', 'use the demo model even if a key is set', false)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(llmgine-chat --help tells more)')
    .exitOverride();
}

/** @throws CommanderError, also for `--help` */
export function parseArguments(argv: readonly string[]): Arguments {
  const command = createCommand();
  command.parse(argv, { from: 'user' });
  const options = command.opts<Omit<Arguments, 'prompt'>>();
  const contradiction = contradictionIn(options, command.args);
  if (contradiction !== undefined) command.error(`error: ${contradiction}`, { exitCode: 2 });
  return { ...options, prompt: command.args.join(' ').trim() || undefined };
}

function contradictionIn(
  options: Omit<Arguments, 'prompt'>,
  prompt: readonly string[],
): string | undefined {
  const { session, resume, record, replay, list, input } = options;
  if (session !== undefined && resume !== undefined)
    return '--session and --resume exclude each other';
  if (record !== undefined && replay !== undefined)
    return '--record and --replay exclude each other';
  if (list && prompt.length > 0) return '--list takes no prompt';
  if (input === 'jsonl' && prompt.length > 0)
    return 'with --input jsonl prompts come from the standard input';
  for (const id of [session, resume]) {
    if (id !== undefined && !/^[\w.-]{1,64}$/.test(id)) {
      return `'${id}' is no session name: use up to 64 letters, digits, '.', '_' and '-'`;
    }
  }
  return undefined;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return count;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('It must be a port from 0 to 65535.');
  }
  return port;
}

function parseAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !Number.isFinite(amount) || amount <= 0) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return amount;
}
