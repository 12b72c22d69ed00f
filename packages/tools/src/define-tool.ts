import { InvalidOptionsError, type MaybePromise, type SessionId } from '@llmgine/core';
import type { ToolEffect } from '@llmgine/core/vocabulary';
import type { ToolApproval } from './approval.ts';
import type { ArgumentsOf, ToolInput } from './tool-schema.ts';

/** What a tool gets beside its arguments. */
export interface ToolContext {
  readonly callId: string;
  readonly toolName: string;
  readonly sessionId: SessionId;
  /** The same for every run of this call, over retries and resumes: give it to whatever must act once only. */
  readonly idempotencyKey: string;
  /** Which run of this call this is, the first being 1. */
  readonly attempt: number;
  /** Aborts at the deadline, or when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Tells how far the tool is, as `ToolProgressEvent`. */
  reportProgress(progress: unknown): void;
}

/** What makes a tool. */
export interface ToolShape<Input extends ToolInput, Value> {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does and when to use it, for the model. */
  readonly description: string;
  /** A Standard Schema that gives JSON Schema, or a raw JSON Schema. */
  readonly input: Input;
  /** The value's schema, for types and documentation; values are not validated. */
  readonly output?: ToolInput | undefined;
  /**
   * What it does to the world: nothing, the same when repeated, or something that must happen once and is never retried.
   * @default 'once'
   */
  readonly effect?: ToolEffect | undefined;
  /**
   * How long a run may take. `Infinity`: as long as it likes.
   * @default the manager's defaultTimeoutMs
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The longest text that the model is given.
   * @default the manager's maxResultChars
   */
  readonly maxResultChars?: number | undefined;
  /**
   * Decides about each call before it runs.
   * @default the manager's approval
   */
  readonly approval?: ToolApproval<ArgumentsOf<Input>> | undefined;
  /**
   * Names a group of tools of which one call runs at a time.
   * @default none
   */
  readonly exclusive?: string | undefined;
  /**
   * May be called again and again with the same arguments: loop guards let it.
   * @default false
   */
  readonly polling?: boolean | undefined;
  /**
   * Hides secrets in results too, not only in error texts.
   * @default the manager's redactResults
   */
  readonly redactResult?: boolean | undefined;
  readonly execute: (args: ArgumentsOf<Input>, context: ToolContext) => MaybePromise<Value>;
}

/** A tool, as a manager takes it. */
export interface Tool<
  // oxlint-disable-next-line typescript/no-explicit-any -- the variance default of a type parameter
  Input extends ToolInput = any,
  Value = unknown,
> extends ToolShape<Input, Value> {
  readonly effect: ToolEffect;
}

/** The names that model APIs take. */
const toolNamePattern = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Defines a tool. The types of its arguments come from `input`.
 * @throws InvalidOptionsError
 */
export function defineTool<const Input extends ToolInput, Value>(
  shape: ToolShape<Input, Value>,
): Tool<Input, Value> {
  const problems = [...toolProblems(shape)];
  if (problems.length > 0) throw new InvalidOptionsError(`define tool '${shape.name}'`, problems);

  return { ...shape, effect: shape.effect ?? 'once' };
}

/** The shortest cap that still leaves room to say what was left out. */
const MIN_RESULT_CHARS = 200;

function* toolProblems(shape: ToolShape<ToolInput, unknown>): Generator<string> {
  const { name, description, input, effect, exclusive, execute, approval } = shape;
  if (typeof name !== 'string' || !toolNamePattern.test(name)) {
    yield `name must be 1 to 64 letters, digits, _ or -, which is what model APIs take`;
  }
  if (typeof description !== 'string' || description.trim() === '') {
    yield 'description must say what the tool does, the model decides by it';
  }
  if (typeof input !== 'object' && typeof input !== 'function') {
    yield 'input must be a Standard Schema that gives JSON Schema, or a JSON Schema';
  }
  if (effect !== undefined && !['read', 'idempotent', 'once'].includes(effect)) {
    yield `effect must be 'read', 'idempotent' or 'once', got ${JSON.stringify(effect)}`;
  }
  if (exclusive !== undefined && (typeof exclusive !== 'string' || exclusive === '')) {
    yield 'exclusive must name a group';
  }
  if (approval !== undefined && approval !== 'ask' && typeof approval !== 'function') {
    yield "approval must be 'ask' or a function";
  }
  if (typeof execute !== 'function') yield 'execute must be a function';
  yield* limitProblems(shape);
}

/** What is wrong with the limits that tools and managers share. */
export function* limitProblems({
  timeoutMs,
  maxResultChars,
}: {
  readonly timeoutMs?: number | undefined;
  readonly maxResultChars?: number | undefined;
}): Generator<string> {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    yield `timeoutMs must be above zero, got ${timeoutMs}`;
  }
  if (maxResultChars !== undefined && !(maxResultChars >= MIN_RESULT_CHARS)) {
    yield `maxResultChars must be at least ${MIN_RESULT_CHARS}, got ${maxResultChars}`;
  }
}
