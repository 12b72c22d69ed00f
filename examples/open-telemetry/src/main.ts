// Prints the trace of a chat; with OTEL_EXPORTER_OTLP_ENDPOINT set, sends it to a collector instead.
import { strictEqual } from 'node:assert';
import { createMessageBus, sessionId } from '@llmgine/core';
import { ToolChatEngineCommand } from '@llmgine/engine';
import { createMetricsCollector } from '@llmgine/metrics';
import { createObservabilityManager } from '@llmgine/observability';
import { createOpenTelemetryHandler, stampTraceHeaders } from '@llmgine/observability/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { startChat } from './chat.ts';
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

await bus.start();
const session = await bus.session(sessionId('demo'));
startChat(bus, session);
const question = ToolChatEngineCommand({ prompt: 'How is the weather in Kyoto?' });
const answer = await session.execute(question);
await session.end();
const { counters } = await bus.getMetrics();
await bus.stop();
await spans.forceFlush().catch((error: unknown) => {
  console.error(`The collector at ${collectorUrl} did not take the trace: ${String(error)}`);
  process.exit(1);
});

strictEqual(answer.success && answer.result.text, 'Sunny.');
strictEqual(counters['tool_calls_total{tool="get_weather",outcome="ok"}'], 1);
if (collectorUrl === undefined) {
  const tree = spanTree(memory.getFinishedSpans());
  console.log(tree.join('\n'));
  const names = tree.map((line) => line.replace(/ {2}\d.*/, ''));
  strictEqual(
    names.filter((name) => !name.includes('status')).join('\n'),
    [
      'session',
      '  execute tool-chat.ask',
      '    attempt tool-chat.ask',
      '      chat demo-large',
      '      execute_tool get_weather',
      '      chat demo-large',
      '      publish tool-chat.run.finished',
      '        process tool-chat.run.finished',
      '        process tool-chat.run.finished',
    ].join('\n'),
  );
} else {
  console.log(`The trace was sent to ${collectorUrl}.`);
}
await sdk.shutdown();
