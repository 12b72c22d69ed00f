/** How an endpoint differs from the protocol. All of it is data; the client has no branches by name. */
export interface EndpointCompat {
  /** Names the endpoint in errors and events. */
  readonly provider: string;
  /** Streams its answers; where not, `stream` asks for a whole answer. */
  readonly streaming: boolean;
  /** Knows `stream_options.include_usage`. */
  readonly streamUsage: boolean;
  /** What it calls the limit of an answer's length. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** The role of instructions. */
  readonly systemRole: 'system' | 'developer';
  /** Takes `parallel_tool_calls` and `tool_choice`. */
  readonly toolChoice: boolean;
  /** Takes `content: null` beside tool calls; where not, it gets an empty string. */
  readonly nullContent: boolean;
  /** Demands ids of tool calls with exactly this many letters and digits. */
  readonly toolCallIdLength?: number;
  /** Ends streams without saying why. */
  readonly finishReasonOptional: boolean;
  /** Fields of assistant messages that it must not get back. */
  readonly omitAssistantFields: readonly string[];
}

const PROTOCOL: EndpointCompat = {
  provider: 'openai-compatible',
  streaming: true,
  streamUsage: true,
  maxTokensField: 'max_tokens',
  systemRole: 'system',
  toolChoice: true,
  nullContent: true,
  finishReasonOptional: false,
  omitAssistantFields: [],
};

/** What is known of endpoints, by name. */
export const endpointCompats = {
  compatible: PROTOCOL,
  openai: {
    ...PROTOCOL,
    provider: 'openai',
    maxTokensField: 'max_completion_tokens',
    omitAssistantFields: ['reasoning', 'reasoning_content', 'reasoning_details'],
  },
  azure: { ...PROTOCOL, provider: 'azure', maxTokensField: 'max_completion_tokens' },
  litellm: { ...PROTOCOL, provider: 'litellm' },
  vllm: { ...PROTOCOL, provider: 'vllm' },
  llamaCpp: { ...PROTOCOL, provider: 'llama.cpp', nullContent: false },
  ollama: { ...PROTOCOL, provider: 'ollama', toolChoice: false, nullContent: false },
  mistral: {
    ...PROTOCOL,
    provider: 'mistral',
    streamUsage: false,
    nullContent: false,
    toolCallIdLength: 9,
    omitAssistantFields: ['reasoning_content', 'reasoning'],
  },
  gemini: { ...PROTOCOL, provider: 'gemini', nullContent: false },
  deepseek: { ...PROTOCOL, provider: 'deepseek', nullContent: false },
  groq: {
    ...PROTOCOL,
    provider: 'groq',
    maxTokensField: 'max_completion_tokens',
    omitAssistantFields: ['reasoning'],
  },
  openrouter: { ...PROTOCOL, provider: 'openrouter' },
} as const satisfies Readonly<Record<string, EndpointCompat>>;

/** Endpoints that their address gives away. */
const BY_ADDRESS: readonly (readonly [RegExp, EndpointCompat])[] = [
  [/^https?:\/\/api\.openai\.com\b/, endpointCompats.openai],
  [/\.openai\.azure\.com\b/, endpointCompats.azure],
  [/^https?:\/\/api\.mistral\.ai\b/, endpointCompats.mistral],
  [/^https?:\/\/generativelanguage\.googleapis\.com\b/, endpointCompats.gemini],
  [/^https?:\/\/api\.deepseek\.com\b/, endpointCompats.deepseek],
  [/^https?:\/\/api\.groq\.com\b/, endpointCompats.groq],
  [/^https?:\/\/openrouter\.ai\b/, endpointCompats.openrouter],
  [/^https?:\/\/[^/]+:11434\b/, endpointCompats.ollama],
  [/^https?:\/\/[^/]+:4000\b/, endpointCompats.litellm],
];

/** What is known of the endpoint at an address; the plain protocol when nothing is. */
export function endpointCompatFor(baseUrl: string): EndpointCompat {
  return BY_ADDRESS.find(([pattern]) => pattern.test(baseUrl))?.[1] ?? endpointCompats.compatible;
}
