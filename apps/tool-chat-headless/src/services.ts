import { createServer } from 'node:http';
import type { MessageBus, MessageBusOptions } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import type { Arguments } from './arguments.ts';
import { UsageError } from './usage-error.ts';

/** A collector that is away holds the program's end up no longer than this. */
const EXPORT_TIMEOUT_MS = 2_000;

/** What stands beside the chat because the command line asks for it. Each is loaded only then. */
export interface Services {
  readonly busOptions: MessageBusOptions;
  /** Where sessions are kept instead of in files. */
  readonly store: StreamStore | undefined;
  attach(bus: MessageBus): void;
}

/** Opens database, metrics and tracing; what was opened is closed with `opened`, in the right order. */
export async function openServices(
  { db, metricsPort, otel }: Pick<Arguments, 'db' | 'metricsPort' | 'otel'>,
  opened: AsyncDisposableStack,
): Promise<Services> {
  const tracing = otel ? await openTracing(opened) : undefined;
  const metrics = metricsPort === undefined ? undefined : await openMetrics(metricsPort, opened);
  const database = db === undefined ? undefined : await openDatabase(db, opened);
  return {
    busOptions: { ...database?.busOptions, ...metrics?.busOptions, ...tracing?.busOptions },
    store: database?.store,
    attach: (bus) => {
      metrics?.attach(bus);
      tracing?.attach(bus);
    },
  };
}

async function openDatabase(url: string, opened: AsyncDisposableStack) {
  const { openPersistence } = await import('@llmgine/persistence');
  const persistence = opened.use(await openPersistence({ url }));
  return { busOptions: persistence.busOptions(), store: persistence.streams };
}

/** Serves health under `/health`, and metrics under every other path. */
async function openMetrics(port: number, opened: AsyncDisposableStack) {
  const [{ createMetricsCollector, metricsHandler }, { createHealthMonitor, healthHandler }] =
    await Promise.all([import('@llmgine/metrics'), import('@llmgine/observability')]);
  const [metrics, monitor] = [createMetricsCollector(), createHealthMonitor()];
  const [serveMetrics, serveHealth] = [metricsHandler(metrics), healthHandler(monitor)];
  const server = createServer((request, response) =>
    (request.url?.startsWith('/health') ? serveHealth : serveMetrics)(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new UsageError(`Cannot serve metrics on port ${port}: ${error.message}`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  opened.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    busOptions: { metrics },
    attach: (bus: MessageBus) => void bus.addObserver(monitor),
  };
}

/** Where traces go is said by the usual variables, e.g. OTEL_EXPORTER_OTLP_ENDPOINT. */
async function openTracing(opened: AsyncDisposableStack) {
  const [{ NodeSDK }, { OTLPTraceExporter }, { BatchSpanProcessor }, manager, otel] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-trace'),
      import('@llmgine/observability'),
      import('@llmgine/observability/otel'),
    ]);
  const sdk = new NodeSDK({
    serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'llmgine-chat',
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ timeoutMillis: EXPORT_TIMEOUT_MS }),
      }),
    ],
    metricReaders: [],
  });
  sdk.start();
  opened.defer(() => sdk.shutdown().catch(() => {})); // a collector that is away must not change the exit code
  return {
    busOptions: { stampMetadata: otel.stampTraceHeaders() },
    attach: (bus: MessageBus) => {
      bus.setObservabilityManager(
        manager.createObservabilityManager({ handlers: [otel.createOpenTelemetryHandler()] }),
      );
    },
  };
}
