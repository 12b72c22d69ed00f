import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createSignalHub, fail, systemClock } from '@llmgine/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import {
  createConsoleHandler,
  createFileHandler,
  createObservabilityManager,
} from '../src/index.ts';
import { createOpenTelemetryHandler } from '../src/otel/index.ts';
import { runViewer } from '../src/viewer/viewer.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { aToolChatBus, Ask, chatOnce, LookUp } from './tool-chat.ts';

// Put together here, so that nothing in the repository looks like a key.
const secrets = {
  openAiKey: `sk-proj-${'Abcd1234'.repeat(4)}`,
  gitHubToken: `ghp_${'A1b2'.repeat(9)}`,
  jsonWebToken: [
    'eyJhbGciOiJIUzI1NiJ9',
    'eyJzdWIiOiIxMjM0In0',
    'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  ].join('.'),
  password: 'correct-horse-battery',
};
const content = {
  prompt: `Use ${secrets.openAiKey} please`,
  city: `postgres://ann:${secrets.password}@db/x`,
  forecast: `Authorization: Bearer ${secrets.jsonWebToken}`,
  answer: `token=${secrets.gitHubToken}`,
};

/** Everything that every sink gave out, while secrets went every way they can go. */
async function everythingSaid(withContent: boolean): Promise<Record<string, string>> {
  await using receiver = await startOtlpReceiver();
  await using metricsReceiver = await startOtlpReceiver();
  const metrics = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${metricsReceiver.url}/v1/metrics` }),
      }),
    ],
  });
  const screens = { pretty: new PassThrough(), json: new PassThrough() };
  const file = createFileHandler({
    logDirectory: mkdtempSync(join(tmpdir(), 'llmgine-secrets-')),
    level: 'trace',
    content: withContent,
  });
  const provider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }),
      }),
    ],
  });
  const console = (format: 'pretty' | 'json') => ({
    ...createConsoleHandler({
      stream: screens[format],
      format,
      level: 'trace',
      content: withContent,
    }),
    name: format,
  });
  const manager = createObservabilityManager({
    handlers: [
      console('pretty'),
      console('json'),
      file,
      createOpenTelemetryHandler({
        tracerProvider: provider,
        meterProvider: metrics,
        content: withContent,
      }),
    ],
  });
  const signals = createSignalHub();
  const bus = aToolChatBus(signals, {}, content);
  bus.setObservabilityManager(manager);

  bus.addCommandMiddleware({
    name: 'leaky',
    aroundCommand: async (call, next) =>
      call.command.metadata['fail'] === true
        ? (fail(
            new Error(`cannot use ${secrets.openAiKey}`, { cause: new Error(content.city) }),
          ) as never)
        : next(),
  });
  await bus.start();
  await bus.execute(
    Ask({ prompt: content.prompt }, { metadata: { fail: true, password: secrets.password } }),
  );
  await bus.execute(LookUp({ city: content.city }));
  await chatOnce(bus, content);
  await Promise.all([provider.forceFlush(), metrics.shutdown()]);

  return {
    pretty: String(screens.pretty.read()),
    json: String(screens.json.read()),
    file: readFileSync(file.path, 'utf8'),
    viewer: await drawn(file.path),
    traces: receiver.bodies.join('\n'),
    metrics: metricsReceiver.bodies.join('\n'),
  };
}

async function drawn(path: string): Promise<string> {
  let out = '';
  await runViewer(['--tree', '--width', '400', path], {
    clock: systemClock,
    stdin: Readable.from([]),
    write: (text) => void (out += text),
    complain: () => {},
    isTerminal: false,
    columns: undefined,
    environment: {},
    offsetMinutes: () => 0,
  });
  return out;
}

describe('secrets', () => {
  it.each([false, true])('12.4: reach no sink, with content: %s', async (withContent) => {
    const said = await everythingSaid(withContent);

    for (const [sink, text] of Object.entries(said)) {
      expect(text.length, `${sink} said something`).toBeGreaterThan(500);
      const leaked = Object.entries(secrets).filter(([, secret]) => text.includes(secret));
      expect([sink, leaked.map(([name]) => name)]).toEqual([sink, []]);
    }
  });

  it('12.4: what is no secret is there with content, and not without', async () => {
    const [without, withIt] = [await everythingSaid(false), await everythingSaid(true)];

    for (const sink of ['pretty', 'json', 'file', 'traces'] as const) {
      expect([sink, without[sink]!.includes('Use [redacted] please')]).toEqual([sink, false]);
      expect([sink, withIt[sink]!.includes('Use [redacted] please')]).toEqual([sink, true]);
    }
  });
});
