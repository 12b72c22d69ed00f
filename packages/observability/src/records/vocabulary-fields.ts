import type { ErrorData, EventMessage } from '@llmgine/core';
import type { TokenUsage, ToolCallStatus, ToolEffect, Vocabulary } from '@llmgine/core/vocabulary';

/** What a tool's event tells in a log. */
export interface ToolFields {
  readonly name: string;
  readonly callId: string;
  readonly effect?: ToolEffect;
  readonly status?: ToolCallStatus;
  readonly durationMs?: number;
  readonly repairs?: readonly string[];
  readonly expiresAt?: number | undefined;
}

/** What a model's event tells in a log. */
export interface ModelFields extends TokenUsage {
  readonly name: string;
  readonly provider: string;
  readonly callId: string;
  readonly step: number;
  readonly success?: boolean;
  readonly finishReason?: string | undefined;
  /** In US dollars. */
  readonly cost?: number | undefined;
  readonly durationMs?: number;
  readonly timeToFirstChunkMs?: number | undefined;
}

/** The fields of one event's record. */
interface VocabularyFields {
  readonly tool?: ToolFields;
  readonly model?: ModelFields;
  readonly error?: ErrorData;
}

/** Makes the fields of one event's record. */
type Fields<Type extends keyof Vocabulary> = (
  data: Vocabulary[Type],
) => Readonly<Record<string, unknown>>;

/** What is logged of tool and model events without content capture: no prompt, argument, result or text. */
const fieldsByType: { readonly [Type in keyof Vocabulary]?: Fields<Type> } = {
  'tool.call.requested': ({ toolName, toolCallId }) => ({
    tool: { name: toolName, callId: toolCallId },
  }),
  'tool.execute.started': ({ toolName, toolCallId, effect }) => ({
    tool: { name: toolName, callId: toolCallId, effect },
  }),
  'tool.executed': ({ toolName, toolCallId, status, durationMs, repairs, error }) => ({
    tool: {
      name: toolName,
      callId: toolCallId,
      status,
      durationMs,
      ...(repairs.length > 0 && { repairs }),
    },
    ...(error && { error }),
  }),
  'tool.late-result': ({ toolName, toolCallId, durationMs, error }) => ({
    tool: { name: toolName, callId: toolCallId, durationMs },
    ...(error && { error }),
  }),
  'tool.approval.requested': ({ toolName, toolCallId, effect, expiresAt }) => ({
    tool: { name: toolName, callId: toolCallId, effect, expiresAt },
  }),
  'model.call.started': ({ provider, model, modelCallId, step }) => ({
    model: { name: model, provider, callId: modelCallId, step },
  }),
  'model.call.finished': (data) => ({
    model: {
      name: data.model,
      provider: data.provider,
      callId: data.modelCallId,
      step: data.step,
      success: data.success,
      finishReason: data.finishReason,
      ...data.usage,
      cost: data.cost,
      durationMs: data.durationMs,
      timeToFirstChunkMs: data.timeToFirstChunkMs,
    },
    ...(data.error && { error: data.error }),
  }),
};

/** The fields that a record of this event has besides its envelope. Data of a wrong shape gives none. */
export function vocabularyFields(event: EventMessage): VocabularyFields {
  if (!Object.hasOwn(fieldsByType, event.type)) return {};
  const fields = fieldsByType[event.type as keyof Vocabulary] as Fields<never> | undefined;
  try {
    return fields?.(event.data as never) ?? {};
  } catch {
    return {}; // somebody else's event of this name
  }
}
