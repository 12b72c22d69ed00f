// Prints the trace of a chat; with OTEL_EXPORTER_OTLP_ENDPOINT set, sends it to a collector instead.
import { strictEqual } from 'node:assert';
import { createMessageBus, sessionId } from '@llmgine/core';
import { createMetricsCollector } from '@llmgine/metrics';
import { createObservabilityManager } from '@llmgine/observability';
import { createOpenTelemetryHandler, stampTraceHeaders } from '@llmgine/observability/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { Ask, registerChat } from './chat.ts';
import { spanTree } from './span-tree.ts';

const collectorUrl = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
const memory = new InMemorySpanExporter();

// #region sdk
// The application brings the SDK; the packages know its API only.
const spans = new BatchSpanProcessor({
  exporter: collectorUrl === undefined ? memory : new OTLPTraceExporter(),
});
const sdk = new NodeSDK({
  serviceName: 'llmgine-example',
  spanProcessors: [spans],
  metricReaders: [],
});
sdk.start();
// #endregion sdk

// #region bus
const bus = createMessageBus({
  metrics: createMetricsCollector(),
  stampMetadata: stampTraceHeaders(),
});
bus.setObservabilityManager(
  createObservabilityManager({ handlers: [createOpenTelemetryHandler()] }),
);
// #endregion bus
registerChat(bus);

await bus.start();
const session = await bus.session(sessionId('demo'));
const answer = await session.execute(Ask({ prompt: 'How is the weather in Kyoto?' }));
await session.end();
const { counters } = await bus.getMetrics();
await bus.stop();
await spans.forceFlush();

strictEqual(answer.success && answer.result, 'Sunny.');
strictEqual(counters['tool_calls_total{tool="get_weather",outcome="ok"}'], 1);
if (collectorUrl === undefined) {
  const tree = spanTree(memory.getFinishedSpans());
  console.log(tree.join('\n'));
  const names = tree.map((line) => line.replace(/ {2}\d.*/, ''));
  strictEqual(
    names.join('\n'),
    [
      'session',
      '  execute chat.ask',
      '    attempt chat.ask',
      '      chat demo-large',
      '      execute_tool get_weather',
      '      chat demo-large',
      '      publish chat.answered',
      '        process chat.answered',
      '        process chat.answered',
    ].join('\n'),
  );
} else {
  console.log(`The trace was sent to ${collectorUrl}.`);
}
await sdk.shutdown();
