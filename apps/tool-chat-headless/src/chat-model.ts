import type { ChatModel } from '@llmgine/llm';
import { openAiChatModel } from '@llmgine/llm/openai';
import OpenAI from 'openai';
import type { Arguments } from './arguments.ts';
import { DEMO_MODEL, startDemoModel } from './demo-model.ts';
import { checkEndpoint } from './endpoint.ts';
import type { ChatEnvironment } from './environment.ts';
import type { RecordingHead } from './recording/recording.ts';

const DEFAULT_MODEL = 'gpt-4o-mini';
const OPENAI = 'https://api.openai.com/v1';

/** A model to ask, and what has to be closed afterwards. */
export interface OpenedModel extends AsyncDisposable {
  readonly model: ChatModel;
  readonly baseUrl: string;
  /** What people should know of it. */
  readonly notice: string | undefined;
}

/** What decides which model is asked. */
export interface ModelChoice {
  readonly options: Pick<Arguments, 'demo' | 'model'>;
  readonly environment: ChatEnvironment;
  /** Carries the exchanges, e.g. to record them. */
  readonly fetch?: typeof fetch | undefined;
  /** Set when answers come from a recording: nothing is connected. */
  readonly replayed?: Pick<RecordingHead, 'provider' | 'model' | 'baseUrl'> | undefined;
}

/** Opens the endpoint that the environment names, or the demo model where it names none. @throws UsageError */
export async function openModel({
  options,
  environment,
  fetch,
  replayed,
}: ModelChoice): Promise<OpenedModel> {
  if (replayed) return openReplayed(replayed, fetch);
  const { apiKey, baseUrl } = environment;
  if (options.demo || (!apiKey && !baseUrl)) return openDemo(fetch);
  checkEndpoint(environment);

  const client = new OpenAI({
    baseURL: baseUrl ?? OPENAI,
    apiKey: apiKey ?? 'none', // local servers want none, the SDK insists on one
    logLevel: 'off',
    ...(fetch && { fetch }),
  });
  const model = openAiChatModel({
    client,
    model: options.model ?? environment.model ?? DEFAULT_MODEL,
  });
  const { baseURL } = client;
  return { model, baseUrl: baseURL, notice: undefined, [Symbol.asyncDispose]: async () => {} };
}

function openReplayed(
  { provider, model, baseUrl }: Pick<RecordingHead, 'provider' | 'model' | 'baseUrl'>,
  fetch: typeof globalThis.fetch | undefined,
): OpenedModel {
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: 'replay',
    logLevel: 'off',
    ...(fetch && { fetch }),
  });
  return {
    model: openAiChatModel({ client, model, compat: { provider } }),
    baseUrl,
    notice: undefined,
    [Symbol.asyncDispose]: async () => {},
  };
}

async function openDemo(fetch: typeof globalThis.fetch | undefined): Promise<OpenedModel> {
  const server = await startDemoModel();
  const client = new OpenAI({
    baseURL: server.baseUrl,
    apiKey: 'demo',
    logLevel: 'off',
    ...(fetch && { fetch }),
  });
  return {
    model: openAiChatModel({ client, model: DEMO_MODEL, compat: { provider: 'demo' } }),
    baseUrl: server.baseUrl,
    notice:
      'Demo model: answers come from rules, not from a language model. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.',
    [Symbol.asyncDispose]: () => server.close(),
  };
}
