import { createMessageBus, type CommandMessage } from '@llmgine/core';
import { createMetricsCollector } from '@llmgine/metrics';
import { createHealthMonitor, createObservabilityManager } from '@llmgine/observability';
import { createOpenTelemetryHandler } from '@llmgine/observability/otel';
import { context, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { Prepared } from '../../case.ts';
import { executeMany, makeCommand, started } from './bus.ts';

const memory = new InMemorySpanExporter();
/** Takes spans and throws them away: what an exporter costs is not ours. */
const nowhere: SpanExporter = {
  export: (_spans, done) => memory.export([], done),
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
};

/** Measured by a collector. */
export const withMetrics = () => started(createMessageBus({ metrics: createMetricsCollector() }));

/** Watched for health. */
export async function withHealth() {
  const bus = createMessageBus();
  bus.addObserver(createHealthMonitor());
  return started(bus);
}

/** Traced, with nobody who takes the spans. */
export async function withApiOnly() {
  const bus = createMessageBus();
  bus.setObservabilityManager(
    createObservabilityManager({ handlers: [createOpenTelemetryHandler()] }),
  );
  return started(bus);
}

/** Traced, with an SDK. */
export async function withSdk() {
  const bus = createMessageBus();
  const handler = createOpenTelemetryHandler({ tracerProvider: makeProvider() });
  bus.setObservabilityManager(createObservabilityManager({ handlers: [handler] }));
  return executeMany(await started(bus));
}

/** An unwatched bus, and the same two spans written by hand round each command. */
export async function withSpansByHand(): Promise<Prepared> {
  const bus = await started();
  const tracer = makeProvider().getTracer('by hand');
  return {
    async run(operations) {
      for (let n = 0; n < operations; n++) {
        const command = makeCommand();
        await inSpans(tracer, command, () => bus.execute(command));
      }
    },
  };
}

function inSpans(
  tracer: Tracer,
  command: CommandMessage,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const outer = tracer.startSpan('execute bench.work', { attributes: executeAttributes(command) });
  const outerContext = trace.setSpan(context.active(), outer);
  return context.with(outerContext, async () => {
    const attributes = { 'llmgine.handler': 'bench.work', 'llmgine.attempt': 1 };
    const inner = tracer.startSpan('attempt bench.work', { attributes });
    const result = await context.with(trace.setSpan(outerContext, inner), run);
    inner.end();
    outer.end();
    return result;
  });
}

function executeAttributes(command: CommandMessage) {
  return {
    'messaging.operation.name': 'execute',
    'messaging.operation.type': 'process',
    'messaging.system.name': 'llmgine',
    'messaging.destination.name': command.type,
    'messaging.message.id': command.id,
    'messaging.message.conversation_id': command.correlationId,
  };
}

function makeProvider(): TracerProvider {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: nowhere })] });
}
