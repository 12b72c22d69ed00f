import type { ChatDelta, ChatResponse, FinishReason, ModelMessage } from '../chat-model.ts';
import type { ModelToolCall } from '../chat-message.ts';
import { ModelError } from '../errors.ts';
import type { Usage } from '../usage.ts';
import { failureOfFinishReason, knownFinishReason } from './finish-reason.ts';
import { isPlainObject, mergePieces, type PlainObject } from './plain-object.ts';
import { errorInBody } from './provider-error.ts';
import { readContent, reasoningOf } from './read-delta.ts';
import { createToolCallAssembly } from './tool-call-assembly.ts';
import { usageOfChunk } from './wire-usage.ts';

/** How to read a stream. */
export interface AccumulatorOptions {
  /**
   * Names the endpoint in errors.
   * @default 'openai'
   */
  readonly provider?: string | undefined;
  /**
   * Takes the end of the stream for the end of the answer when no reason was given.
   * @default false
   */
  readonly finishReasonOptional?: boolean | undefined;
}

/** Turns the parsed chunks of one answer into deltas. */
export interface StreamAccumulator {
  /** @throws ModelError when the chunk is an error in disguise */
  push(chunk: unknown): ChatDelta[];
  /** The whole answer. @throws ModelError when it is none */
  finish(): ChatResponse;
}

const NOTHING: ChatDelta[] = [];

/** Fields of a delta that are not kept as they are. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
]);

/** Makes an accumulator that gives the pieces of an answer on and keeps the whole. */
export function createStreamAccumulator(options: AccumulatorOptions = {}): StreamAccumulator {
  return new ChunkAccumulator(options);
}

/**
 * Reads a stream of parsed Chat Completions chunks: deltas as they come, one `final` at the end.
 * @throws ModelError for an error inside the stream, an empty one, or one that broke off
 */
export async function* accumulateChatCompletion(
  chunks: AsyncIterable<unknown> | Iterable<unknown>,
  options: AccumulatorOptions = {},
): AsyncGenerator<ChatDelta, void, undefined> {
  const accumulator = createStreamAccumulator(options);
  for await (const chunk of chunks) yield* accumulator.push(chunk);
  yield { type: 'final', ...accumulator.finish() };
}

class ChunkAccumulator implements StreamAccumulator {
  readonly #provider: string;
  readonly #finishReasonOptional: boolean;
  readonly #calls = createToolCallAssembly();
  #sawAnything = false;
  #choiceIndex: unknown;
  #text = '';
  #refusal = '';
  #extra: PlainObject | undefined;
  #finishReason: string | undefined;
  #usage: Usage | undefined;
  #responseId: string | undefined;
  #responseModel: string | undefined;

  constructor({ provider = 'openai', finishReasonOptional = false }: AccumulatorOptions) {
    this.#provider = provider;
    this.#finishReasonOptional = finishReasonOptional;
  }

  push(chunk: unknown): ChatDelta[] {
    if (!isPlainObject(chunk)) return NOTHING;
    const failure = errorInBody(chunk, { provider: this.#provider });
    if (failure) throw failure;

    this.#readHead(chunk);
    const choices = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    const choice = choices.find((candidate) => this.#isOurChoice(candidate)) as
      | PlainObject
      | undefined;
    this.#usage = usageOfChunk(chunk, choice) ?? this.#usage;
    if (!choice) return NOTHING;

    this.#sawAnything = true;
    const { finish_reason: finishReason } = choice;
    const delta = choice['delta'] ?? choice['message'];
    const deltas = isPlainObject(delta) ? this.#readDelta(delta) : NOTHING;
    if (typeof finishReason === 'string' && finishReason !== '') this.#finish(finishReason);
    return deltas;
  }

  finish(): ChatResponse {
    if (!this.#sawAnything) {
      throw this.#error('empty', 'The endpoint ended its answer without saying anything.');
    }
    if (this.#finishReason === undefined && !this.#finishReasonOptional) {
      throw this.#error('incomplete', 'The answer broke off before its end.');
    }
    const raw = this.#finishReason ?? 'stop';
    const calls = this.#calls.finish(this.#responseId ?? 'made');
    const finishReason = effectiveReason(raw, calls);
    const withheld = finishReason === 'length' || finishReason === 'content_filter' ? calls : [];
    return {
      message: this.#message(withheld.length > 0 ? [] : calls),
      finishReason,
      ...(this.#finishReason !== undefined && { rawFinishReason: this.#finishReason }),
      usage: this.#usage ?? {},
      ...(withheld.length > 0 && { withheldToolCalls: withheld }),
      ...(this.#responseId !== undefined && { responseId: this.#responseId }),
      ...(this.#responseModel !== undefined && { responseModel: this.#responseModel }),
    };
  }

  /** Only one choice was asked for; the first that shows is it. */
  #isOurChoice(choice: unknown): boolean {
    if (!isPlainObject(choice)) return false;
    const { index } = choice;
    if (typeof index !== 'number') return true;
    this.#choiceIndex ??= index;
    return index === this.#choiceIndex;
  }

  #readHead({ id, model }: PlainObject): void {
    if (typeof id === 'string' && id !== '') this.#responseId ??= id;
    if (typeof model === 'string' && model !== '') this.#responseModel ??= model;
  }

  #readDelta(delta: PlainObject): ChatDelta[] {
    const deltas: ChatDelta[] = [];
    const reasoning = reasoningOf(delta);
    if (reasoning !== '') deltas.push({ type: 'reasoning', text: reasoning });
    const text = readContent(delta['content']);
    if (text !== '') {
      this.#text += text;
      deltas.push({ type: 'text', text });
    }
    const { refusal } = delta;
    if (typeof refusal === 'string' && refusal !== '') {
      this.#refusal += refusal;
      deltas.push({ type: 'refusal', text: refusal });
    }
    if (delta['tool_calls'] != null) this.#calls.add(delta['tool_calls']);
    if (delta['function_call'] != null) this.#calls.add({ function: delta['function_call'] });
    this.#keepUnknownFields(delta);
    return deltas;
  }

  #keepUnknownFields(delta: PlainObject): void {
    for (const key in delta) {
      if (KNOWN_FIELDS.has(key) || delta[key] == null) continue;
      this.#extra = mergePieces(this.#extra ?? {}, { [key]: delta[key] }) as PlainObject;
    }
  }

  #finish(raw: string): void {
    const kind = failureOfFinishReason(raw);
    if (kind) throw this.#error(kind, `The endpoint ended its answer with '${raw}'.`);
    this.#finishReason ??= raw;
  }

  #message(toolCalls: readonly ModelToolCall[]): ModelMessage {
    return {
      role: 'assistant',
      content: this.#text === '' ? null : this.#text,
      toolCalls,
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      ...(this.#extra && { extra: this.#extra }),
    };
  }

  #error(
    kind: 'empty' | 'incomplete' | NonNullable<ReturnType<typeof failureOfFinishReason>>,
    message: string,
  ): ModelError {
    return new ModelError({ kind, provider: this.#provider, message });
  }
}

/** Complete calls are run whatever the endpoint calls the reason, unless the answer was cut off or filtered. */
function effectiveReason(raw: string, calls: readonly ModelToolCall[]): FinishReason {
  const known = knownFinishReason(raw);
  if (known === 'length' || known === 'content_filter') return known;
  return calls.length > 0 ? 'tool_calls' : 'stop';
}
