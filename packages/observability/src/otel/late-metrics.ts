import type { EventMessage } from '@llmgine/core';
import type { ModelCallFinishedData } from '@llmgine/core/vocabulary';
import {
  metrics,
  type Attributes,
  type Histogram,
  type Meter,
  type MeterProvider,
} from '@opentelemetry/api';
import { attribute, MESSAGING_SYSTEM, metricName, SCOPE_NAME } from './attributes.ts';

interface LateInstruments {
  readonly modelDuration: Histogram;
  readonly tokenUsage: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly processDuration: Histogram;
}

const SECONDS_OF_CALLS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const SECONDS_OF_HANDLING = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/**
 * Records OpenTelemetry metrics. An instrument made before an SDK has started records nothing for ever, so instruments
 * are made when something is recorded, and anew when another provider was registered since.
 */
export class LateMetrics {
  readonly #provider: MeterProvider | undefined;
  #madeBy: MeterProvider | undefined;
  #made: LateInstruments | undefined;

  constructor(provider?: MeterProvider) {
    this.#provider = provider;
  }

  processed(event: EventMessage, durationMs: number, failed: boolean): void {
    this.#instruments().processDuration.record(durationMs / 1000, {
      [attribute.messagingSystem]: MESSAGING_SYSTEM,
      [attribute.messagingOperationName]: 'process',
      [attribute.messagingDestination]: event.type,
      ...(failed && { [attribute.errorType]: 'handler_failed' }),
    });
  }

  modelCalled(data: ModelCallFinishedData): void {
    const instruments = this.#instruments();
    const attributes: Attributes = {
      [attribute.operationName]: 'chat',
      [attribute.providerName]: data.provider,
      [attribute.requestModel]: data.model,
      ...(data.responseModel !== undefined && { [attribute.responseModel]: data.responseModel }),
    };
    instruments.modelDuration.record(data.durationMs / 1000, {
      ...attributes,
      ...(!data.success && {
        [attribute.errorType]: data.error?.code ?? data.error?.name ?? 'error',
      }),
    });
    if (data.timeToFirstChunkMs !== undefined) {
      instruments.timeToFirstChunk.record(data.timeToFirstChunkMs / 1000, attributes);
    }
    const { inputTokens, outputTokens } = data.usage;
    for (const [type, tokens] of Object.entries({ input: inputTokens, output: outputTokens })) {
      if (tokens !== undefined) {
        instruments.tokenUsage.record(tokens, { ...attributes, [attribute.tokenType]: type });
      }
    }
  }

  #instruments(): LateInstruments {
    const provider = this.#provider ?? metrics.getMeterProvider();
    if (this.#made && this.#madeBy === provider) return this.#made;
    this.#madeBy = provider;
    this.#made = makeInstruments(provider.getMeter(SCOPE_NAME));
    return this.#made;
  }
}

function makeInstruments(meter: Meter): LateInstruments {
  return {
    modelDuration: meter.createHistogram(metricName.modelDuration, {
      unit: 's',
      description: 'Duration of calls of a model.',
      advice: { explicitBucketBoundaries: SECONDS_OF_CALLS },
    }),
    tokenUsage: meter.createHistogram(metricName.tokenUsage, {
      unit: '{token}',
      description: 'Tokens that calls of a model used.',
      advice: { explicitBucketBoundaries: TOKENS },
    }),
    timeToFirstChunk: meter.createHistogram(metricName.timeToFirstChunk, {
      unit: 's',
      description: 'Time until the first piece of a model’s answer.',
      advice: { explicitBucketBoundaries: SECONDS_OF_CALLS },
    }),
    processDuration: meter.createHistogram(metricName.processDuration, {
      unit: 's',
      description: 'Time until all handlers of an event have settled.',
      advice: { explicitBucketBoundaries: SECONDS_OF_HANDLING },
    }),
  };
}
