import type { FinishReason } from '../src/chat-model.ts';
import type { ModelErrorKind } from '../src/errors.ts';

/** A stream as some endpoint sent it, shortened, and what it means. */
export interface ObservedStream {
  readonly name: string;
  /** Which endpoint sends such streams; named only where a trace tells of it. */
  readonly seenAt: string;
  /** Where that can be read: threads of public repositories, or documentation. */
  readonly trace?: string;
  readonly chunks: readonly unknown[];
  readonly text?: string;
  /** `name arguments` of each call. */
  readonly calls?: readonly string[];
  readonly ids?: readonly string[];
  readonly finish?: FinishReason;
  readonly withheld?: number;
  readonly usage?: object;
  readonly extra?: object;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly error?: ModelErrorKind;
  /** Part of the error's message: the provider's own words. */
  readonly says?: string;
}

const chunk = (delta: unknown, finish: string | null = null, more: object = {}): unknown => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const text = (content: unknown): unknown => chunk({ content });
const calls = (...pieces: unknown[]): unknown => chunk({ tool_calls: pieces });
const end = (finish = 'tool_calls'): unknown => chunk({}, finish);
const role = chunk({ role: 'assistant', content: '' });
const f = (name?: unknown, args?: unknown): object => ({ function: { name, arguments: args } });
const usage = (prompt: number, completion: number): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

/** Text and ends. */
const TEXTS: readonly ObservedStream[] = [
  {
    name: 'plain text',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [role, text('Hel'), text('lo'), end('stop')],
    text: 'Hello',
    finish: 'stop',
  },
  {
    name: 'usage in a chunk without choices',
    seenAt: 'OpenAI with include_usage',
    trace: 'the OpenAI API reference',
    chunks: [role, text('a'), end('stop'), { id: 'c1', choices: [], usage: usage(3, 1) }],
    text: 'a',
    usage: { inputTokens: 3, outputTokens: 1, totalTokens: 3 + 1 },
  },
  {
    name: 'usage chunk with choices null',
    seenAt: 'a gateway',
    chunks: [role, text('a'), end('stop'), { choices: null, usage: usage(3, 1) }],
    text: 'a',
    usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
  },
  {
    name: 'usage null in every chunk but the last',
    seenAt: 'OpenAI with include_usage',
    trace: 'the OpenAI API reference',
    chunks: [
      chunk({ content: 'a' }, null, { usage: null }),
      chunk({}, 'stop', { usage: null }),
      { choices: [], usage: usage(1, 1) },
    ],
    text: 'a',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  },
  {
    name: 'usage that grows with every chunk',
    seenAt: 'Databricks',
    trace: 'databricks/databricks-ai-bridge#176',
    chunks: [
      chunk({ content: 'a' }, null, { usage: usage(2, 1) }),
      chunk({ content: 'b' }, 'stop', { usage: usage(2, 2) }),
    ],
    text: 'ab',
    usage: { inputTokens: 2, outputTokens: 2, totalTokens: 4 },
  },
  {
    name: 'usage inside the choice',
    seenAt: 'Moonshot',
    trace: 'earendil-works/pi#2017',
    chunks: [
      text('a'),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: usage(5, 6) }] },
    ],
    text: 'a',
    usage: { inputTokens: 5, outputTokens: 6, totalTokens: 11 },
  },
  {
    name: 'usage under a name of its own',
    seenAt: 'Groq',
    trace: "x_groq in Groq's SDKs",
    chunks: [text('a'), chunk({}, 'stop', { x_groq: { id: 'r', usage: usage(7, 8) } })],
    text: 'a',
    usage: { inputTokens: 7, outputTokens: 8, totalTokens: 15 },
  },
  {
    name: 'usage with cached and reasoning tokens',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [
      text('a'),
      end('stop'),
      {
        choices: [],
        usage: {
          ...usage(10, 5),
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
    ],
    text: 'a',
    usage: {
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 15,
      cacheReadTokens: 4,
      reasoningTokens: 2,
    },
  },
  {
    name: 'usage with a cache of its own naming',
    seenAt: 'DeepSeek',
    trace: "DeepSeek's documentation",
    chunks: [
      text('a'),
      chunk({}, 'stop', { usage: { ...usage(10, 5), prompt_cache_hit_tokens: 6 } }),
    ],
    text: 'a',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadTokens: 6 },
  },
  {
    name: 'cost beside the tokens',
    seenAt: 'OpenRouter',
    trace: "OpenRouter's documentation, usage accounting",
    chunks: [text('a'), chunk({}, 'stop', { usage: { ...usage(1, 1), cost: 0.002 } })],
    text: 'a',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2, cost: 0.002 },
  },
  {
    name: 'cost as an object',
    seenAt: 'Perplexity',
    trace: 'vercel/ai#13705',
    chunks: [
      text('a'),
      chunk({}, 'stop', { usage: { ...usage(1, 1), cost: { total_cost: 0.01 } } }),
    ],
    text: 'a',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2, cost: 0.01 },
  },
  {
    name: 'no usage at all',
    seenAt: 'OpenAI without include_usage',
    trace: 'the OpenAI API reference',
    chunks: [text('a'), end('stop')],
    text: 'a',
    usage: {},
  },
  {
    name: 'first chunk with empty choices',
    seenAt: 'Azure OpenAI',
    trace: 'pydantic/pydantic-ai#164',
    chunks: [
      { id: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      role,
      text('a'),
      end('stop'),
    ],
    text: 'a',
  },
  {
    name: 'no role anywhere',
    seenAt: 'a local server',
    chunks: [text('a'), end('stop')],
    text: 'a',
  },
  {
    name: 'the role in every chunk',
    seenAt: 'Ollama',
    trace: 'ollama/ollama#4357',
    chunks: [
      chunk({ role: 'assistant', content: 'a' }),
      chunk({ role: 'assistant', content: 'b' }),
      end('stop'),
    ],
    text: 'ab',
  },
  {
    name: 'content null between pieces',
    seenAt: 'SGLang',
    trace: 'sgl-project/sglang#18335',
    chunks: [
      chunk({ role: 'assistant', content: null }),
      text('a'),
      text(null),
      text('b'),
      end('stop'),
    ],
    text: 'ab',
  },
  {
    name: 'content as a list of parts',
    seenAt: 'Mistral (Magistral)',
    trace: 'prism-php/prism#862',
    chunks: [text([{ type: 'text', text: 'a' }]), text([{ type: 'text', text: 'b' }]), end('stop')],
    text: 'ab',
  },
  {
    name: 'thinking as parts of the content',
    seenAt: 'Mistral (Magistral)',
    trace: 'braintrustdata/braintrust-sdk-javascript#1857',
    chunks: [
      text([{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }]),
      text('a'),
      end('stop'),
    ],
    text: 'a',
    reasoning: 'hm',
  },
  {
    name: 'reasoning_content before the answer',
    seenAt: 'DeepSeek',
    trace: "DeepSeek's documentation",
    chunks: [
      chunk({ reasoning_content: 'h' }),
      chunk({ reasoning_content: 'm', content: null }),
      text('a'),
      end('stop'),
    ],
    text: 'a',
    reasoning: 'hm',
    extra: { reasoning_content: 'hm' },
  },
  {
    name: 'reasoning with signed details',
    seenAt: 'OpenRouter',
    trace: "OpenRouter's documentation, reasoning tokens",
    chunks: [
      chunk({ reasoning: 'h', reasoning_details: [{ type: 'reasoning.text', text: 'h' }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }),
      text('a'),
      end('stop'),
    ],
    text: 'a',
    reasoning: 'h',
    extra: {
      reasoning: 'h',
      reasoning_details: [
        { type: 'reasoning.text', text: 'h' },
        { type: 'reasoning.encrypted', data: 'x' },
      ],
    },
  },
  {
    name: 'a refusal',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [
      chunk({ role: 'assistant', refusal: '' }),
      chunk({ refusal: 'I ' }),
      chunk({ refusal: 'cannot' }),
      end('stop'),
    ],
    refusal: 'I cannot',
  },
  {
    name: 'a second choice mixed in',
    seenAt: 'OpenAI with n above 1',
    trace: 'the OpenAI API reference',
    chunks: [
      text('a'),
      { choices: [{ index: 1, delta: { content: 'X' } }] },
      text('b'),
      end('stop'),
    ],
    text: 'ab',
  },
  {
    name: 'choices that count from one',
    seenAt: 'LiteLLM',
    trace: 'BerriAI/litellm#18796',
    chunks: [
      { choices: [{ index: 1, delta: { content: 'a' } }] },
      { choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] },
    ],
    text: 'a',
  },
  {
    name: 'a whole message instead of a delta',
    seenAt: 'an endpoint that streams only by name',
    chunks: [
      {
        choices: [
          { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' },
        ],
      },
    ],
    text: 'a',
  },
  {
    name: 'a finish reason of an empty string until the end',
    seenAt: 'Ollama and SGLang',
    trace: 'ollama/ollama#4357, sgl-project/sglang#3912',
    chunks: [chunk({ content: 'a' }, ''), chunk({}, 'stop')],
    text: 'a',
  },
  {
    name: 'the finish chunk twice',
    seenAt: 'OpenRouter',
    trace: 'langchain-ai/langchain#38349, QwenLM/qwen-code#2402',
    chunks: [text('a'), end('stop'), end('stop')],
    text: 'a',
  },
  {
    name: 'text in the finish chunk',
    seenAt: 'vLLM',
    trace: 'vllm-project/vllm#35705',
    chunks: [text('a'), chunk({ content: 'b' }, 'stop')],
    text: 'ab',
  },
  {
    name: 'another word for stop',
    seenAt: 'LiteLLM in front of Ollama',
    trace: 'BerriAI/litellm#12481',
    chunks: [text('a'), end('end_turn')],
    text: 'a',
    finish: 'stop',
  },
  {
    name: 'a reason in capitals',
    seenAt: 'a gateway in front of Gemini',
    chunks: [text('a'), end('STOP')],
    text: 'a',
    finish: 'stop',
  },
  {
    name: 'a reason nobody knows',
    seenAt: 'no endpoint yet',
    chunks: [text('a'), end('eos_reached')],
    text: 'a',
    finish: 'stop',
  },
  {
    name: 'an answer cut off',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [text('a'), end('length')],
    text: 'a',
    finish: 'length',
  },
  {
    name: 'another word for length',
    seenAt: 'Mistral',
    trace: "Mistral's API specification",
    chunks: [text('a'), end('model_length')],
    text: 'a',
    finish: 'length',
  },
  {
    name: 'a filtered answer',
    seenAt: 'Azure OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [text('a'), end('content_filter')],
    text: 'a',
    finish: 'content_filter',
  },
  {
    name: 'another word for filtered',
    seenAt: 'Zhipu',
    trace: "Zhipu's documentation, finish_reason",
    chunks: [text('a'), end('sensitive')],
    text: 'a',
    finish: 'content_filter',
  },
  {
    name: 'chunks that are no objects',
    seenAt: 'a proxy that pings with null',
    chunks: [null, text('a'), 'ping', end('stop')],
    text: 'a',
  },
  {
    name: 'fields nobody knows',
    seenAt: 'llama.cpp',
    trace: "llama.cpp's server documentation, timings",
    chunks: [chunk({ content: 'a' }, null, { timings: { n: 1 } }), end('stop')],
    text: 'a',
  },
];

/** Tool calls. */
const CALLS: readonly ObservedStream[] = [
  {
    name: 'arguments in pieces',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [
      role,
      calls({ index: 0, id: 'a', type: 'function', ...f('go', '') }),
      calls({ index: 0, ...f(undefined, '{"x"') }),
      calls({ index: 0, ...f(undefined, ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
    finish: 'tool_calls',
  },
  {
    name: 'two calls by index',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, ...f(undefined, '{"x":1}') }),
      calls({ index: 1, id: 'b', ...f('go', '') }),
      calls({ index: 1, ...f(undefined, '{"x":2}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    ids: ['a', 'b'],
  },
  {
    name: 'two calls whose pieces alternate',
    seenAt: 'a server that decodes calls side by side',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }, { index: 1, id: 'b', ...f('stop', '') }),
      calls({ index: 0, ...f(undefined, '{"x"') }, { index: 1, ...f(undefined, '{"y"') }),
      calls({ index: 1, ...f(undefined, ':2}') }, { index: 0, ...f(undefined, ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'stop {"y":2}'],
  },
  {
    name: 'text before the calls',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [text('Let me see.'), calls({ index: 0, id: 'a', ...f('go', '{}') }), end()],
    text: 'Let me see.',
    calls: ['go {}'],
  },
  {
    name: 'an index that starts at one',
    seenAt: 'LiteLLM in front of Anthropic',
    trace: 'BerriAI/litellm#5231, pipecat-ai/pipecat#4987',
    chunks: [
      calls({ index: 1, id: 'a', type: 'function', ...f('go', '') }),
      calls({ index: 1, type: 'function', ...f(undefined, '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'gaps between indices',
    seenAt: 'LiteLLM in front of Anthropic',
    trace: 'BerriAI/litellm#5231',
    chunks: [
      calls({ index: 1, id: 'a', ...f('go', '{"x":1}') }),
      calls({ index: 3, id: 'b', ...f('stop', '{}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'stop {}'],
  },
  {
    name: 'no index, whole calls',
    seenAt: 'Ollama before 0.4.7',
    trace: 'ollama/ollama#7881',
    chunks: [
      calls({ id: 'a', type: 'function', ...f('go', '{"x":1}') }),
      calls({ id: 'b', type: 'function', ...f('go', '{"x":2}') }),
      end('stop'),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    finish: 'tool_calls',
  },
  {
    name: 'no index, arguments in pieces',
    seenAt: 'a gateway',
    chunks: [calls({ id: 'a', ...f('go', '{"x"') }), calls({ ...f(undefined, ':1}') }), end()],
    calls: ['go {"x":1}'],
  },
  {
    name: 'index 0 for every call',
    seenAt: 'Ollama',
    trace: 'ollama/ollama#15457, ollama/ollama#16212',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x":1}') }),
      calls({ index: 0, id: 'b', ...f('go', '{"x":2}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    ids: ['a', 'b'],
  },
  {
    name: 'index 0 and an empty id for every call',
    seenAt: 'a gateway in front of Gemini',
    trace: 'su-kaka/gcli2api#406, run-llama/llama_index#20207',
    chunks: [
      calls({ index: 0, id: '', ...f('go', '{"x":1}') }),
      calls({ index: 0, id: '', ...f('stop', '{"y":2}') }),
      end('stop'),
    ],
    calls: ['go {"x":1}', 'stop {"y":2}'],
    ids: ['call_c1_0', 'call_c1_1'],
  },
  {
    name: 'index 0, empty ids, the same function twice',
    seenAt: 'a gateway in front of Gemini',
    trace: 'NousResearch/hermes-agent#11863',
    chunks: [
      calls(
        { index: 0, id: '', ...f('go', '{"x":1}') },
        { index: 0, id: '', ...f('go', '{"x":2}') },
      ),
      end('stop'),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
  },
  {
    name: 'an index used again after arguments in pieces',
    seenAt: 'LMDeploy',
    trace: 'InternLM/lmdeploy#3412',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, ...f('', '{"x"') }),
      calls({ index: 0, ...f('', ':1}') }),
      calls({ index: 0, id: 'b', ...f('stop', '') }),
      calls({ index: 0, ...f('', '{}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'stop {}'],
  },
  {
    name: 'no id',
    seenAt: 'Ollama',
    trace: 'continuedev/continue#13236',
    chunks: [calls({ index: 0, ...f('go', '{"x":1}') }), end()],
    calls: ['go {"x":1}'],
    ids: ['call_c1_0'],
  },
  {
    name: 'id null',
    seenAt: 'SGLang',
    trace: 'sgl-project/sglang#7048',
    chunks: [calls({ index: 0, id: null, ...f('go', '{"x":1}') }), end()],
    calls: ['go {"x":1}'],
    ids: ['call_c1_0'],
  },
  {
    name: 'an id that comes late',
    seenAt: 'a gateway',
    chunks: [
      calls({ index: 0, ...f('go', '') }),
      calls({ index: 0, id: 'a', ...f(undefined, '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'a new id after the first piece',
    seenAt: 'Poolside',
    trace: 'poolsideai/pool#9',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, id: 'z', ...f(undefined, '{"x"') }),
      calls({ index: 0, id: 'z', ...f(undefined, ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'a new id on every piece',
    seenAt: 'an MLX server',
    trace: 'cubist38/mlx-openai-server#216',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x"') }),
      calls({ index: 0, id: 'b', ...f(undefined, ':') }),
      calls({ index: 0, id: 'c', ...f(undefined, '1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'a new id and the name again on every piece',
    seenAt: 'an MLX server',
    trace: 'cubist38/mlx-openai-server#216',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, id: 'b', ...f('go', '{"x":') }),
      calls({ index: 0, id: 'c', ...f('go', '1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'a new id on every piece, no index',
    seenAt: 'a gateway',
    chunks: [
      calls({ id: 'a', ...f('go', '{"x"') }),
      calls({ id: 'b', ...f(undefined, ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'the id in every piece',
    seenAt: 'SGLang',
    trace: 'InternLM/lmdeploy#3412',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, id: 'a', ...f(undefined, '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'an empty id in later pieces',
    seenAt: 'DashScope',
    trace: 'experientiallabs/experiential#742',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x"') }),
      calls({ index: 0, id: '', ...f('', ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'the same id with another index in later pieces',
    seenAt: 'a gateway',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 1, id: 'a', ...f(undefined, '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
    ids: ['a'],
  },
  {
    name: 'the name of the function as the id of two calls',
    seenAt: 'LlamaIndex in front of Gemini',
    trace: 'run-llama/llama_index#20207',
    chunks: [
      calls(
        { index: 0, id: 'go', ...f('go', '{"x":1}') },
        { index: 1, id: 'go', ...f('go', '{"x":2}') },
      ),
      end(),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    ids: ['go', 'go_1'],
  },
  {
    name: 'an id that is a number',
    seenAt: 'Hugging Face TGI',
    trace: 'huggingface/text-generation-inference#2954',
    chunks: [calls({ index: 0, id: 0, ...f('go', '{}') }), end()],
    calls: ['go {}'],
    ids: ['0'],
  },
  {
    name: 'the name in every piece',
    seenAt: 'MiniMax on NVIDIA NIM',
    trace: 'NousResearch/hermes-agent#12233',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, ...f('go', '{"x"') }),
      calls({ index: 0, ...f('go', ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'a name that comes late',
    seenAt: 'vLLM, LM Studio or llama.cpp',
    trace: 'anomalyco/opencode#26433',
    chunks: [
      calls({ index: 0, id: 'a', ...f(null, '') }),
      calls({ index: 0, ...f('go', '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'a name in two pieces',
    seenAt: 'a local server',
    chunks: [
      calls({ index: 0, id: 'a', ...f('get_', '') }),
      calls({ index: 0, ...f('weather', '') }),
      calls({ index: 0, ...f(undefined, '{}') }),
      end(),
    ],
    calls: ['get_weather {}'],
  },
  {
    name: 'an empty name in later pieces',
    seenAt: 'LM Studio',
    trace: 'lmstudio-ai/lmstudio-bug-tracker#649',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x"') }),
      calls({ index: 0, ...f('', ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'name null in later pieces',
    seenAt: 'SGLang',
    trace: 'sgl-project/sglang#35542',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '') }),
      calls({ index: 0, ...f(null, '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'arguments as an object',
    seenAt: 'Hugging Face TGI',
    trace: 'huggingface/text-generation-inference#2949',
    chunks: [calls({ index: 0, id: 'a', ...f('go', { x: 1 }) }), end()],
    calls: ['go {"x":1}'],
  },
  {
    name: 'arguments null',
    seenAt: 'DashScope',
    trace: 'voocel/ainovel-cli#52',
    chunks: [calls({ index: 0, id: 'a', ...f('go', null) }), end()],
    calls: ['go {}'],
  },
  {
    name: 'arguments missing',
    seenAt: 'Azure OpenAI',
    trace: 'BerriAI/litellm#2615',
    chunks: [calls({ index: 0, id: 'a', function: { name: 'go' } }), end()],
    calls: ['go {}'],
  },
  {
    name: 'arguments of an empty string',
    seenAt: 'LiteLLM in front of Anthropic',
    trace: 'BerriAI/litellm#5063',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '') }), end()],
    calls: ['go {}'],
  },
  {
    name: 'an empty object and then the arguments',
    seenAt: 'a gateway in front of Anthropic',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{}') }),
      calls({ index: 0, ...f(undefined, '{"x"') }),
      calls({ index: 0, ...f(undefined, ':1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'arguments in one piece',
    seenAt: 'Groq',
    trace: 'ogx-ai/ogx#630',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{"x":1}') }), end()],
    calls: ['go {"x":1}'],
  },
  {
    name: 'arguments cut inside a character',
    seenAt: 'a local server',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x":"é') }),
      calls({ index: 0, ...f(undefined, '日"}') }),
      end(),
    ],
    calls: ['go {"x":"é日"}'],
  },
  {
    name: 'no type',
    seenAt: 'vLLM',
    trace: 'vllm-project/vllm#16340',
    chunks: [calls({ index: 0, id: 'D681PevKs', ...f('go', '{"x":1}') }), end()],
    calls: ['go {"x":1}'],
    ids: ['D681PevKs'],
  },
  {
    name: 'calls as an object instead of a list',
    seenAt: 'Hugging Face TGI',
    trace: 'huggingface/text-generation-inference#2949',
    chunks: [chunk({ tool_calls: { index: 0, id: 'a', ...f('go', '{"x":1}') } }), end()],
    calls: ['go {"x":1}'],
  },
  {
    name: 'name and arguments without a function around them',
    seenAt: 'Cloudflare Workers AI',
    trace: 'cloudflare/ai-utils#19',
    chunks: [calls({ index: 0, id: 'a', name: 'go', arguments: '{"x":1}' }), end()],
    calls: ['go {"x":1}'],
  },
  {
    name: 'the call of the older protocol',
    seenAt: 'OpenAI, before there were tools',
    trace: 'the OpenAI API reference',
    chunks: [
      chunk({ function_call: { name: 'go', arguments: '' } }),
      chunk({ function_call: { arguments: '{"x":1}' } }),
      end('function_call'),
    ],
    calls: ['go {"x":1}'],
    finish: 'tool_calls',
  },
  {
    name: 'an empty place among the calls',
    seenAt: 'a gateway',
    chunks: [calls({ index: 0 }, { index: 1, id: 'a', ...f('go', '{}') }), end()],
    calls: ['go {}'],
  },
  {
    name: 'tool_calls null and empty beside text',
    seenAt: 'SGLang',
    trace: 'sgl-project/sglang#3912',
    chunks: [
      chunk({ content: 'a', tool_calls: null }),
      chunk({ content: 'b', tool_calls: [] }),
      end('stop'),
    ],
    text: 'ab',
    calls: [],
    finish: 'stop',
  },
  {
    name: 'calls that end with stop',
    seenAt: 'Ollama and Gemini',
    trace: 'ollama/ollama#16212, googleapis/python-genai#2868',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{}') }), end('stop')],
    calls: ['go {}'],
    finish: 'tool_calls',
  },
  {
    name: 'calls with a reason nobody knows',
    seenAt: 'no endpoint yet',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{}') }), end('done')],
    calls: ['go {}'],
    finish: 'tool_calls',
  },
  {
    name: 'another word for calls',
    seenAt: 'a gateway in front of Anthropic',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{}') }), end('tool_use')],
    calls: ['go {}'],
    finish: 'tool_calls',
  },
  {
    name: 'tool_calls as the reason and no call',
    seenAt: 'vLLM',
    trace: 'vllm-project/vllm#53255',
    chunks: [text('a'), end('tool_calls')],
    text: 'a',
    calls: [],
    finish: 'stop',
  },
  {
    name: 'a call cut off',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{"x"') }), end('length')],
    calls: [],
    finish: 'length',
    withheld: 1,
  },
  {
    name: 'a call in a filtered answer',
    seenAt: 'an endpoint with a content filter',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{}') }), end('content_filter')],
    calls: [],
    finish: 'content_filter',
    withheld: 1,
  },
  {
    name: 'a signature on the call',
    seenAt: 'Gemini',
    trace: "Gemini's documentation, thought signatures",
    chunks: [
      calls({
        index: 0,
        id: 'a',
        extra_content: { google: { thought_signature: 's' } },
        ...f('go', '{}'),
      }),
      end(),
    ],
    calls: ['go {}'],
  },
  {
    name: 'usage in the chunk of the call',
    seenAt: 'Groq',
    trace: "x_groq in Groq's SDKs",
    chunks: [
      chunk({ tool_calls: [{ index: 0, id: 'a', ...f('go', '{}') }] }, 'tool_calls', {
        x_groq: { usage: usage(1, 2) },
      }),
    ],
    calls: ['go {}'],
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  },
  {
    name: 'the finish chunk of calls twice',
    seenAt: 'OpenRouter in front of Gemini',
    trace: 'QwenLM/qwen-code#2402',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{}') }), end(), end()],
    calls: ['go {}'],
    finish: 'tool_calls',
  },
  {
    name: 'ids only for the first of several calls',
    seenAt: 'SGLang',
    trace: 'sgl-project/sglang#7048',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x":1}') }),
      calls({ index: 1, id: null, ...f('go', '{"x":2}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    ids: ['a', 'call_c1_1'],
  },
  {
    name: 'an index used again, with the id in every piece',
    seenAt: 'SGLang',
    trace: 'InternLM/lmdeploy#3412',
    chunks: [
      calls({ index: 0, id: '0', ...f('go', '') }),
      calls({ index: 0, id: '0', ...f(null, '{"x":1}') }),
      calls({ index: 0, id: '1', ...f('go', '') }),
      calls({ index: 0, id: '1', ...f(null, '{"x":2}') }),
      end(),
    ],
    calls: ['go {"x":1}', 'go {"x":2}'],
    ids: ['0', '1'],
  },
  {
    name: 'an empty name before the call in one piece',
    seenAt: 'vMLX',
    trace: 'jjang-ai/vmlx#244',
    chunks: [
      calls({ index: 0, id: 'a', ...f('', '') }),
      calls({ index: 0, id: 'a', ...f('go', '{"x":1}') }),
      end(),
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'a call with nothing in it',
    seenAt: 'LM Studio',
    trace: 'lmstudio-ai/lmstudio-bug-tracker#830',
    chunks: [text('a'), calls({ id: '', type: 'function' }), end('stop')],
    text: 'a',
    calls: [],
    finish: 'stop',
  },
  {
    name: 'null for the last arguments, and a bare end',
    seenAt: 'DashScope',
    trace: 'voocel/ainovel-cli#52',
    chunks: [
      calls({ index: 0, id: 'a', ...f('go', '{"x":1}') }),
      {
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, id: '', ...f(undefined, null) }] } },
        ],
      },
      { choices: [{ finish_reason: 'tool_calls', delta: {}, index: 0 }] },
    ],
    calls: ['go {"x":1}'],
  },
  {
    name: 'a call cut off that claims to be whole',
    seenAt: 'vLLM',
    trace: 'vllm-project/vllm#53269',
    chunks: [calls({ index: 0, id: 'a', ...f('go', '{"x"') }), end()],
    calls: ['go {"x"'], // the tool layer tells the model that its arguments cannot be read
  },
  {
    name: 'no index and a signature',
    seenAt: 'Gemini',
    trace: "Gemini's documentation, thought signatures",
    chunks: [
      calls({
        id: 'a',
        type: 'function',
        extra_content: { google: { thought_signature: 's' } },
        ...f('go', '{"x":1}'),
      }),
      end('stop'),
    ],
    calls: ['go {"x":1}'],
    finish: 'tool_calls',
  },
  {
    name: 'a call after the finish reason',
    seenAt: 'an endpoint behind OpenRouter',
    chunks: [end('tool_calls'), calls({ index: 0, id: 'a', ...f('go', '{}') })],
    calls: ['go {}'],
  },
];

/** Failures that look like success. */
const FAILURES: readonly ObservedStream[] = [
  { name: 'nothing at all', seenAt: 'a server that is overloaded', chunks: [], error: 'empty' },
  {
    name: 'only a usage chunk',
    seenAt: 'a gateway',
    chunks: [{ choices: [], usage: usage(1, 0) }],
    error: 'empty',
  },
  {
    name: 'no finish reason',
    seenAt: 'vLLM, and any endpoint whose worker dies',
    trace: 'vllm-project/vllm#27572',
    chunks: [role, text('a')],
    error: 'incomplete',
  },
  {
    name: 'an error object after some text',
    seenAt: 'OpenRouter',
    trace: "OpenRouter's documentation, errors",
    chunks: [
      text('a'),
      {
        error: { code: 502, message: 'Upstream went away' },
        choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
      },
    ],
    error: 'overloaded',
    says: 'Upstream went away',
  },
  {
    name: 'an error object as the only chunk',
    seenAt: 'LiteLLM and Azure OpenAI',
    trace: 'BerriAI/litellm#9035, epam/ai-dial-adapter-openai#348',
    chunks: [
      { error: { message: 'litellm.RateLimitError: slow down', type: 'None', code: '429' } },
    ],
    error: 'rate-limit',
    says: 'slow down',
  },
  {
    name: 'an error inside the choice',
    seenAt: 'OpenRouter',
    trace: "OpenRouter's documentation, responses",
    chunks: [
      {
        choices: [
          {
            index: 0,
            error: { code: 429, message: 'Rate limited upstream' },
            finish_reason: 'error',
          },
        ],
      },
    ],
    error: 'rate-limit',
    says: 'Rate limited',
  },
  {
    name: 'an error as the object itself',
    seenAt: 'an older vLLM',
    chunks: [
      { object: 'error', message: "This model's maximum context length is 4096 tokens", code: 400 },
    ],
    error: 'context-overflow',
    says: '4096',
  },
  {
    name: 'an error as a string',
    seenAt: 'a proxy of a server with another protocol',
    chunks: [{ error: 'model requires more system memory' }],
    error: 'unknown',
    says: 'memory',
  },
  {
    name: 'a detail instead of an error',
    seenAt: 'an endpoint on FastAPI',
    trace: "FastAPI's documentation, handling errors",
    chunks: [{ detail: 'Not authenticated: invalid api key' }],
    error: 'authentication',
    says: 'invalid api key',
  },
  {
    name: 'finish reason error',
    seenAt: 'OpenRouter',
    trace: "OpenRouter's documentation, errors",
    chunks: [text('a'), end('error')],
    error: 'overloaded',
  },
  {
    name: 'out of resources as the reason',
    seenAt: 'DeepSeek',
    trace: "DeepSeek's documentation",
    chunks: [text('a'), end('insufficient_system_resource')],
    error: 'overloaded',
  },
  {
    name: 'a network error as the reason',
    seenAt: 'Zhipu',
    trace: "Zhipu's documentation, finish_reason",
    chunks: [text('a'), end('network_error')],
    error: 'overloaded',
  },
  {
    name: 'a malformed call as the reason',
    seenAt: 'a gateway in front of Gemini',
    trace: 'NousResearch/hermes-agent#83886',
    chunks: [end('MALFORMED_FUNCTION_CALL')],
    error: 'tool-call-refused',
  },
  {
    name: 'a malformed call as the reason, and what filtered it',
    seenAt: 'Gemini',
    trace: 'coder/coder#28470',
    chunks: [text('hm'), end('function_call_filter: MALFORMED_FUNCTION_CALL')],
    error: 'tool-call-refused',
    says: 'MALFORMED_FUNCTION_CALL',
  },
  {
    name: 'a rate limit as the only chunk of a good answer',
    seenAt: 'Azure OpenAI',
    trace: 'epam/ai-dial-adapter-openai#348',
    chunks: [
      { error: { message: 'no_kv_space', type: 'server_error', code: 'rate_limit_exceeded' } },
    ],
    error: 'rate-limit',
    says: 'no_kv_space',
  },
  {
    name: 'a failed generation',
    seenAt: 'Groq',
    trace: 'anomalyco/opencode#1018',
    chunks: [
      {
        error: {
          message: 'Failed to call a function',
          type: 'invalid_request_error',
          code: 'tool_use_failed',
        },
      },
    ],
    error: 'tool-call-refused',
    says: 'Failed to call',
  },
  {
    name: 'quota as an error in the stream',
    seenAt: 'OpenAI',
    trace: 'the OpenAI API reference',
    chunks: [{ error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }],
    error: 'quota',
    says: 'quota',
  },
];

/** All streams of the table. */
export const observedStreams: readonly ObservedStream[] = [...TEXTS, ...CALLS, ...FAILURES];
