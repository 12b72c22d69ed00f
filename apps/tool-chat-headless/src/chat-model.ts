import type { ChatModel } from '@llmgine/llm';
import { openAiChatModel } from '@llmgine/llm/openai';
import OpenAI from 'openai';
import type { Arguments } from './arguments.ts';
import { DEMO_MODEL, startDemoModel } from './demo-model.ts';
import type { ChatEnvironment } from './environment.ts';
import type { RecordingHead } from './recording/recording.ts';

const DEFAULT_MODEL = 'gpt-4o-mini';
const OPENAI = 'https://api.openai.com/v1';

/** A model to ask, and what has to be closed afterwards. */
export interface OpenedModel extends AsyncDisposable {
  readonly model: ChatModel;
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
  readonly replayed?: Pick<RecordingHead, 'provider' | 'model'> | undefined;
}

/** Opens the endpoint that the environment names, or the demo model where it names none. */
export async function openModel({
  options,
  environment,
  fetch,
  replayed,
}: ModelChoice): Promise<OpenedModel> {
  if (replayed) return openReplayed(replayed, fetch);
  const { apiKey, baseUrl } = environment;
  if (options.demo || (!apiKey && !baseUrl)) return openDemo(fetch);

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
  return { model, notice: undefined, [Symbol.asyncDispose]: async () => {} };
}

function openReplayed(
  { provider, model }: Pick<RecordingHead, 'provider' | 'model'>,
  fetch: typeof globalThis.fetch | undefined,
): OpenedModel {
  const client = new OpenAI({
    baseURL: 'http://replay.invalid/v1',
    apiKey: 'replay',
    logLevel: 'off',
    ...(fetch && { fetch }),
  });
  return {
    model: openAiChatModel({ client, model, compat: { provider } }),
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
    notice:
      'Demo model: answers come from rules, not from a language model. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.',
    [Symbol.asyncDispose]: () => server.close(),
  };
}
