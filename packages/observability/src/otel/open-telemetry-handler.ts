import type {
  BusSignal,
  BusSignalType,
  CommandCall,
  CommandResult,
  EventCall,
} from '@llmgine/core';
import type { ModelCallFinishedData } from '@llmgine/core/vocabulary';
import { createRedactor, type Redactor } from '@llmgine/core/redaction';
import { context, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import type { ObservabilityHandler } from '../manager/observability-handler.ts';
import { runInAttemptSpan, startCommandAttempt, startEventAttempt } from './attempt-spans.ts';
import { SCOPE_NAME } from './attributes.ts';
import { CallSpans } from './call-spans.ts';
import { LateMetrics } from './late-metrics.ts';
import { MessageSpans } from './message-spans.ts';
import { isSdkPresent } from './sdk-presence.ts';
import { SpanScope } from './span-scope.ts';

/** What to record, and where to. */
export interface OpenTelemetryHandlerOptions {
  /** @default the one that the application registered, whenever it does */
  readonly tracerProvider?: TracerProvider;
  /** @default the one that the application registered, whenever it does */
  readonly meterProvider?: MeterProvider;
  /**
   * Records prompts, answers, tool arguments and results, and the data of messages, redacted.
   * @default false
   */
  readonly content?: boolean;
  /**
   * Takes out what must not leave the process.
   * @default createRedactor()
   */
  readonly redact?: Redactor;
}

/** Rare enough to be looked at for ever in case an SDK is started after all. */
const asleep: readonly BusSignalType[] = ['bus.started', 'handlers.changed', 'session.started'];
/** So that an SDK that is started a little late misses nothing of the first messages after it. */
const dozing: readonly BusSignalType[] = [...asleep, 'command.started', 'event.published'];
/** An application that has sent so many messages without an SDK has none, and should not pay for one. */
const MESSAGES_UNTIL_ASLEEP = 1_000;

const awake: readonly BusSignalType[] = [
  'session.started',
  'command.started',
  'event.published',
  'bus.stopped',
  'session.ended',
  'command.retried',
  'command.completed',
  'event.queued',
  'event.scheduled',
  'event.filtered',
  'event.dropped',
  'event.processed',
];

/**
 * Makes a handler that tells OpenTelemetry of sessions, commands, attempts, events, tools and models, as spans and
 * metrics. It needs `@opentelemetry/api` only, and wraps and records nothing until the application starts an SDK: best
 * before the bus; after a thousand messages it is noticed when next a session is opened or a handler registered.
 */
export function createOpenTelemetryHandler(
  options: OpenTelemetryHandlerOptions = {},
): ObservabilityHandler {
  return new OpenTelemetryHandler(options) as unknown as ObservabilityHandler;
}

class OpenTelemetryHandler {
  readonly name = 'open-telemetry';
  signals = dozing;
  aroundCommand: ObservabilityHandler['aroundCommand'] | undefined;
  aroundAttempt: ObservabilityHandler['aroundAttempt'] | undefined;
  readonly #scope: SpanScope;
  readonly #messages: MessageSpans;
  readonly #calls: CallSpans;
  readonly #metrics: LateMetrics;
  readonly #watchers = new Set<() => void>();
  #isAwake = false;
  #messagesUntilAsleep = MESSAGES_UNTIL_ASLEEP;

  constructor({
    tracerProvider,
    meterProvider,
    content = false,
    redact = createRedactor(),
  }: OpenTelemetryHandlerOptions) {
    const tracer = (tracerProvider ?? trace).getTracer(SCOPE_NAME);
    this.#scope = new SpanScope({ tracer, redact, content });
    this.#messages = new MessageSpans(this.#scope);
    this.#calls = new CallSpans(this.#scope);
    this.#metrics = new LateMetrics(meterProvider);
    if (tracerProvider || meterProvider || isSdkPresent()) this.#wake();
  }

  onChange(changed: () => void): Disposable {
    this.#watchers.add(changed);
    return { [Symbol.dispose]: () => void this.#watchers.delete(changed) };
  }

  observe(signal: BusSignal): void {
    if (!this.#isAwake) {
      if (!isSdkPresent()) return this.#doze();
      this.#wake();
    }
    this.#tell(signal);
  }

  #tell(signal: BusSignal): void {
    switch (signal.type) {
      case 'session.started':
        return this.#messages.sessionStarted(signal);
      case 'session.ended':
        return this.#messages.sessionEnded(signal);
      case 'command.started':
        return this.#messages.commandStarted(signal);
      case 'command.retried':
        return this.#messages.commandRetried(signal);
      case 'command.completed':
        return this.#messages.commandCompleted(signal);
      case 'bus.stopped':
        return this.#clear();
      default:
        return this.#tellOfEvent(signal);
    }
  }

  #tellOfEvent(signal: BusSignal): void {
    switch (signal.type) {
      case 'event.published':
        return this.#published(signal);
      case 'event.queued':
        return this.#messages.publishedAs(signal.event, 'queued');
      case 'event.scheduled':
        return this.#messages.scheduled(signal);
      case 'event.filtered':
        return this.#messages.eventEnded(signal.event, 'filtered');
      case 'event.dropped':
        return this.#messages.eventEnded(signal.event, `dropped (${signal.reason})`);
      case 'event.processed':
        this.#metrics.processed(signal.event, signal.durationMs, signal.failures.length > 0);
        return this.#messages.eventEnded(signal.event, 'handled');
      default:
    }
  }

  #published(signal: Extract<BusSignal, { readonly type: 'event.published' }>): void {
    const { event, at } = signal;
    if (event.type === 'model.call.finished') {
      this.#metrics.modelCalled(event.data as ModelCallFinishedData);
    }
    if (!this.#calls.observe(event, at)) this.#messages.published(signal);
  }

  /** Spans that middleware makes belong to the command. */
  #aroundCommand(
    { command }: CommandCall,
    next: () => Promise<CommandResult>,
  ): Promise<CommandResult> {
    const origin = this.#scope.originOf(command.id);
    return origin ? context.with(origin, next) : next();
  }

  #aroundAttempt<T>(
    call: CommandCall | EventCall,
    attempt: number,
    run: () => Promise<T>,
  ): Promise<T> {
    if ('command' in call) {
      return runInAttemptSpan(this.#scope, startCommandAttempt(this.#scope, call, attempt), run);
    }
    this.#messages.publishedAs(call.event, 'handled'); // an event handled inline was never queued
    return runInAttemptSpan(this.#scope, startEventAttempt(this.#scope, call, attempt), run);
  }

  #doze(): void {
    this.#messagesUntilAsleep -= 1;
    if (this.#messagesUntilAsleep === 0) this.#want(asleep);
  }

  #wake(): void {
    this.#isAwake = true;
    this.aroundCommand = (call, next) => this.#aroundCommand(call, next);
    this.aroundAttempt = (call, attempt, run) => this.#aroundAttempt(call, attempt, run);
    this.#want(awake);
  }

  #want(signals: readonly BusSignalType[]): void {
    this.signals = signals;
    for (const changed of this.#watchers) changed();
  }

  #clear(): void {
    this.#calls.clear();
    this.#scope.clear();
  }
}
