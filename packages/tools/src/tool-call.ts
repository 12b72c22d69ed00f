import type { ErrorData, MaybePromise, SessionId } from '@llmgine/core';
import type { AbortNotice } from '@llmgine/core/timing';
import type { ToolCallStatus, ToolEffect } from '@llmgine/core/vocabulary';
import type { ToolConnection } from './tool-connection.ts';

/** What a model asks for. */
export interface ToolCall {
  /** The model's name for this call; its result carries it back. */
  readonly id: string;
  readonly name: string;
  /** As the model gave them: JSON text, an object, null or nothing. */
  readonly arguments?: unknown;
  /**
   * The same for every run of one and the same call, also after a crash; the tool sees it in its context.
   * @default a new UUIDv7
   */
  readonly idempotencyKey?: string | undefined;
}

/** What became of a call. There is always exactly one. */
export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly status: ToolCallStatus;
  /** The text that the model reads. */
  readonly content: string;
  /** The whole value as JSON data, when `status` is `ok`. */
  readonly value?: unknown;
  /** Without secrets and without a stack, when `status` is not `ok`. */
  readonly error?: ErrorData;
  /** What was mended or coerced in the arguments, e.g. `count: string to integer`. */
  readonly repairs: readonly string[];
  readonly durationMs: number;
}

/** How to execute calls. */
export interface ToolCallOptions {
  /** Ends the call at once; what has no result yet is `cancelled`. */
  readonly signal?: AbortNotice | undefined;
  /**
   * Whose call this is: it goes through what is attached for that session, and its events carry it.
   * @default the session of the only attachment, or BUS_SCOPE
   */
  readonly sessionId?: SessionId | undefined;
  /**
   * What this one call goes through.
   * @default what is attached for its session, if anything
   */
  readonly through?: ToolConnection | undefined;
  /** Names the engine in the result event. */
  readonly engineId?: string | undefined;
  /** Called when the call is valid and allowed; the tool begins when this has resolved, so that it can be written down first. */
  readonly beforeRun?: ((run: ImminentRun) => MaybePromise<void>) | undefined;
}

/** A tool that is about to run. */
export interface ImminentRun {
  readonly toolName: string;
  /** As they were checked, coerced and, maybe, edited. */
  readonly args: unknown;
  readonly effect: ToolEffect;
  readonly idempotencyKey: string;
}

/** A call whose parts have the types that they should have. */
export interface NormalCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  /** Empty: none was given. */
  readonly givenKey: string;
}
