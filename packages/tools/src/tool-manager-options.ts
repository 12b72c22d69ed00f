import {
  createMessageIds,
  InvalidOptionsError,
  systemClock,
  type Clock,
  type EventPublisher,
} from '@llmgine/core';
import { createRedactor, type Redactor } from '@llmgine/core/redaction';
import type { ToolApproval } from './approval.ts';
import { limitProblems } from './define-tool.ts';

/** What a tool manager is made of; everything has a default. */
export interface ToolManagerOptions {
  /**
   * How many tools run at a time.
   * @default LLMGINE_TOOL_MAX_CONCURRENCY, or 8
   */
  readonly maxConcurrency?: number | undefined;
  /**
   * How long a run may take, where the tool does not say.
   * @default LLMGINE_TOOL_TIMEOUT_SECONDS, or 30_000
   */
  readonly defaultTimeoutMs?: number | undefined;
  /**
   * The longest text that the model is given, where the tool does not say.
   * @default 40_000
   */
  readonly maxResultChars?: number | undefined;
  /**
   * Decides about the calls of tools that have no approval of their own.
   * @default every call is allowed
   */
  readonly approval?: ToolApproval | undefined;
  /**
   * How long a decision may take before the call is denied.
   * @default 300_000
   */
  readonly approvalTimeoutMs?: number | undefined;
  /**
   * Hides secrets in error texts before a model or an event gets them.
   * @default createRedactor()
   */
  readonly redact?: Redactor | undefined;
  /**
   * Hides secrets in results too.
   * @default false
   */
  readonly redactResults?: boolean | undefined;
  /**
   * Gets the events of calls whose session has nothing attached.
   * @default none
   */
  readonly publisher?: EventPublisher | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Makes ids and idempotency keys. @default UUIDv7 */
  readonly newId?: (() => string) | undefined;
  /** Where LLMGINE_TOOL_MAX_CONCURRENCY and LLMGINE_TOOL_TIMEOUT_SECONDS are read. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The options with nothing left open. */
export interface ToolManagerSettings {
  readonly maxConcurrency: number;
  readonly defaultTimeoutMs: number;
  readonly maxResultChars: number;
  readonly approval: ToolApproval | undefined;
  readonly approvalTimeoutMs: number;
  readonly redact: Redactor;
  readonly redactResults: boolean;
  readonly publisher: EventPublisher | undefined;
  readonly clock: Clock;
  readonly newId: () => string;
}

/**
 * Fills in what was not given and checks the rest.
 * @throws InvalidOptionsError
 */
export function readManagerOptions(options: ToolManagerOptions): ToolManagerSettings {
  const { environment = process.env, clock = systemClock } = options;
  const settings: ToolManagerSettings = {
    maxConcurrency:
      options.maxConcurrency ?? fromEnvironment(environment, 'LLMGINE_TOOL_MAX_CONCURRENCY') ?? 8,
    defaultTimeoutMs: options.defaultTimeoutMs ?? timeoutFromEnvironment(environment) ?? 30_000,
    maxResultChars: options.maxResultChars ?? 40_000,
    approval: options.approval,
    approvalTimeoutMs: options.approvalTimeoutMs ?? 300_000,
    redact: options.redact ?? createRedactor(),
    redactResults: options.redactResults ?? false,
    publisher: options.publisher,
    clock,
    newId: options.newId ?? uuids(clock),
  };
  const problems = [...settingProblems(settings)];
  if (problems.length > 0) throw new InvalidOptionsError('create tool manager', problems);
  return settings;
}

function* settingProblems(settings: ToolManagerSettings): Generator<string> {
  const { maxConcurrency, defaultTimeoutMs, maxResultChars, approvalTimeoutMs, approval } =
    settings;
  if (
    !(maxConcurrency >= 1) ||
    !(Number.isInteger(maxConcurrency) || maxConcurrency === Infinity)
  ) {
    yield `maxConcurrency (LLMGINE_TOOL_MAX_CONCURRENCY) must be a whole number from 1, got ${maxConcurrency}`;
  }
  if (!(defaultTimeoutMs > 0)) {
    yield `defaultTimeoutMs (LLMGINE_TOOL_TIMEOUT_SECONDS) must be above zero, got ${defaultTimeoutMs}`;
  }
  yield* limitProblems({ maxResultChars });
  if (!(approvalTimeoutMs > 0))
    yield `approvalTimeoutMs must be above zero, got ${approvalTimeoutMs}`;
  if (approval !== undefined && approval !== 'ask' && typeof approval !== 'function') {
    yield "approval must be 'ask' or a function";
  }
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined {
  const text = environment[name]?.trim();
  return text ? Number(text) : undefined;
}

function timeoutFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const seconds = fromEnvironment(environment, 'LLMGINE_TOOL_TIMEOUT_SECONDS');
  return seconds === undefined ? undefined : seconds * 1_000;
}

function uuids(clock: Clock): () => string {
  const ids = createMessageIds();
  return () => ids.next(clock.now());
}
