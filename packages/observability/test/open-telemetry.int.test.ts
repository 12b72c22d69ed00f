import {
  createMessageBus,
  createSignalHub,
  defineCommand,
  defineEvent,
  fail,
  ok,
  sessionId,
  typeOnly,
  type MessageBus,
} from '@llmgine/core';
import { diag, DiagLogLevel, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createObservabilityManager } from '../src/index.ts';
import { createOpenTelemetryHandler, stampTraceHeaders } from '../src/otel/index.ts';
import {
  attributesOf,
  createCountedIds,
  drawTree,
  startOtlpReceiver,
  type OtlpReceiver,
  type OtlpSpan,
} from './otlp-receiver.ts';
import { aToolChatBus, chatOnce } from './tool-chat.ts';

const Remind = defineEvent('remind', { data: typeOnly<{ text: string }>() });
const Piece = defineEvent('piece', { data: typeOnly<{ text: string }>(), lossy: true });
const Work = defineCommand('work', { data: typeOnly<{ name: string }>() });

let receiver: OtlpReceiver;
let sdk: NodeSDK;
let processor: BatchSpanProcessor;
let metricReader: PeriodicExportingMetricReader;

// Made before the SDK is started, as in an application that starts it late.
const early = createOpenTelemetryHandler();

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` }),
  });
  metricReader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` }),
  });
  sdk = new NodeSDK({
    serviceName: 'chat',
    resourceDetectors: [],
    instrumentations: [],
    spanProcessors: [processor],
    metricReaders: [metricReader],
    idGenerator: createCountedIds(),
  });
  sdk.start();
});

afterAll(async () => {
  await sdk.shutdown();
  await receiver[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await processor.forceFlush();
  receiver.spans.length = 0;
  receiver.bodies.length = 0;
});

async function spansOf(
  work: (bus: MessageBus) => Promise<void>,
  handler = createOpenTelemetryHandler(),
) {
  const bus = createMessageBus({ stampMetadata: stampTraceHeaders() });
  bus.setObservabilityManager(createObservabilityManager({ handlers: [handler] }));
  await bus.start();
  await work(bus);
  await bus.stop();
  await processor.forceFlush();
  return receiver.spans;
}

const exceptionsOf = (span: OtlpSpan) =>
  (span.events ?? [])
    .filter(({ name }) => name === 'exception')
    .map(({ attributes = [] }) => attributesOf({ attributes })['exception.message']);

describe('createOpenTelemetryHandler', () => {
  it('12.3: exports a tool chat with a retry and a failed handler, made before the SDK was started, as this trace', async () => {
    const signals = createSignalHub();
    const bus = aToolChatBus(signals, { stampMetadata: stampTraceHeaders() });
    bus.setObservabilityManager(createObservabilityManager({ handlers: [early] }));

    await chatOnce(bus);
    await processor.forceFlush();

    const tree = drawTree(receiver.spans, (span) => {
      const { 'gen_ai.tool.name': tool, 'gen_ai.usage.input_tokens': tokens } = attributesOf(span);
      const { 'llmgine.attempt': attempt, 'messaging.consumer.group.name': handler } =
        attributesOf(span);
      const notes = Object.entries({
        tool,
        tokens,
        attempt,
        handler,
        status: span.status.code,
        exception: exceptionsOf(span)[0],
        retries: span.events?.filter(({ name }) => name === 'retry').length,
      });
      return notes
        .map(([name, value]) =>
          value === undefined || value === 0 ? '' : ` ${name}=${JSON.stringify(value)}`,
        )
        .join('');
    });
    expect(tree).toEqual([
      'session (internal)',
      '  execute chat.ask (internal)',
      '    attempt chat.ask (internal) attempt=1',
      '      chat gpt-test (client) tokens=120',
      '      execute_tool get_weather (internal) tool="get_weather"',
      '      execute weather.look-up (internal) retries=1',
      '        attempt weather.look-up (internal) attempt=1 status=2 exception="overloaded"',
      '        attempt weather.look-up (internal) attempt=2',
      '      chat gpt-test (client) tokens=120',
      '      publish chat.answered (producer)',
      '        process chat.answered (consumer) attempt=1 handler="show"',
      '        process chat.answered (consumer) attempt=1 handler="archive" status=2 exception="no archive"',
    ]);
    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('12.3: names what it tells by the conventions for messaging and generative AI', async () => {
    const signals = createSignalHub();
    const bus = aToolChatBus(signals);
    bus.setObservabilityManager(
      createObservabilityManager({ handlers: [createOpenTelemetryHandler()] }),
    );

    await chatOnce(bus);
    await processor.forceFlush();

    const find = (name: string) => attributesOf(receiver.spans.find((span) => span.name === name)!);
    expect(find('publish chat.answered')).toMatchObject({
      'messaging.system.name': 'llmgine',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'chat.answered',
      'session.id': 'kyoto',
    });
    expect(find('chat gpt-test')).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-test',
      'gen_ai.response.model': 'gpt-test-2026',
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.response.time_to_first_chunk': 0.12,
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 30,
      'gen_ai.conversation.id': 'kyoto',
      'llmgine.cost.dollars': 0.0042,
      'llmgine.step': 1,
    });
    expect(find('execute_tool get_weather')).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_weather',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.conversation.id': 'kyoto',
      'llmgine.tool.status': 'ok',
    });
  });

  it('12.3: records metrics though it was made before the SDK was started', async () => {
    const signals = createSignalHub();
    const bus = aToolChatBus(signals);
    bus.setObservabilityManager(createObservabilityManager({ handlers: [early] }));

    await chatOnce(bus);
    await metricReader.forceFlush();

    expect([...receiver.metrics].toSorted()).toEqual([
      'gen_ai.client.operation.duration',
      'gen_ai.client.operation.time_to_first_chunk',
      'gen_ai.client.token.usage',
      'messaging.process.duration',
    ]);
  });

  it('12.3: makes spans that a handler makes children of its attempt', async () => {
    const spans = await spansOf(async (bus) => {
      bus.registerCommandHandler(Work, async () => {
        await Promise.resolve();
        trace.getTracer('app').startSpan('query').end();
        return ok();
      });
      await bus.execute(Work({ name: 'a' }));
    });

    expect(drawTree(spans, () => '')).toEqual([
      'execute work (internal)',
      '  attempt work (internal)',
      '    query (internal)',
    ]);
  });

  it('12.3: makes a command a child of the span that is active where it is executed, linked to its session', async () => {
    const spans = await spansOf(async (bus) => {
      bus.registerCommandHandler(Work, () => ok());
      const session = await bus.session(sessionId('s'));
      await trace.getTracer('app').startActiveSpan('request', async (request) => {
        await session.execute(Work({ name: 'a' }));
        request.end();
      });
      await session.end();
    });

    expect(drawTree(spans, ({ links = [] }) => (links.length > 0 ? ' linked' : ''))).toEqual([
      'session (internal)',
      'request (internal)',
      '  execute work (internal) linked',
      '    attempt work (internal)',
    ]);
    const linked = spans.find(({ name }) => name === 'execute work')!.links![0]!;
    expect(linked.spanId).toBe(spans.find(({ name }) => name === 'session')!.spanId);
  });

  it('12.3: keeps the traces of sessions apart that run at the same time', async () => {
    const spans = await spansOf(async (bus) => {
      bus.registerCommandHandler(Work, async () => {
        await Promise.resolve();
        return ok();
      });
      const sessions = await Promise.all(['a', 'b'].map((id) => bus.session(sessionId(id))));
      await Promise.all(
        sessions.map((session) => session.execute(Work({ name: session.sessionId }))),
      );
      await Promise.all(sessions.map((session) => session.end()));
    });

    expect(
      drawTree(spans, (span) => ` ${JSON.stringify(attributesOf(span)['session.id'])}`).toSorted(),
    ).toEqual([
      '    attempt work (internal) undefined',
      '    attempt work (internal) undefined',
      '  execute work (internal) "a"',
      '  execute work (internal) "b"',
      'session (internal) "a"',
      'session (internal) "b"',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it('12.3: begins a trace for a scheduled event, linked to the one that scheduled it', async () => {
    const spans = await spansOf(async (bus) => {
      const handled = Promise.withResolvers<void>();
      bus.registerEventHandler(Remind, () => handled.resolve());
      await bus.publish(Remind({ text: 'tea' }, { scheduledAt: Date.now() + 20 }));
      await handled.promise;
    });

    const publish = spans.find(({ name }) => name === 'publish remind')!;
    const process = spans.find(({ name }) => name === 'process remind')!;
    expect(process.traceId).not.toBe(publish.traceId);
    expect(process.links).toMatchObject([{ traceId: publish.traceId, spanId: publish.spanId }]);
  });

  it('12.3: goes on with a trace that comes in the metadata from another process', async () => {
    const metadata = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const spans = await spansOf(async (bus) => {
      bus.registerEventHandler(Remind, () => {});
      await bus.publish(Remind({ text: 'tea' }, { metadata }));
    });

    const publish = spans.find(({ name }) => name === 'publish remind')!;
    expect(publish).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) });
  });

  it('12.3: marks a command that failed without an attempt, and says why', async () => {
    const [span] = await spansOf(async (bus) => void (await bus.execute(Work({ name: 'a' }))));

    expect(span!.status.code).toBe(2);
    expect(attributesOf(span!)['error.type']).toBe('LLMGINE_NO_COMMAND_HANDLER');
    expect(exceptionsOf(span!)[0]).toContain("No handler for command 'work'");
  });

  it('12.3: records why a handler failed on its attempt, and on the command only that it failed', async () => {
    const spans = await spansOf(async (bus) => {
      bus.registerCommandHandler(Work, () => fail('no'));
      await bus.execute(Work({ name: 'a' }));
    });

    expect(drawTree(spans, (span) => ` ${span.status.code} ${exceptionsOf(span).join()}`)).toEqual([
      'execute work (internal) 2 ',
      '  attempt work (internal) 2 no',
    ]);
  });

  it('gives the SDK no cause for complaint: every span ends once, and nothing is told of it later', async () => {
    const complaints: string[] = [];
    const complain = (message: string): void => void complaints.push(message);
    const logger = { error: complain, warn: complain, info() {}, debug() {}, verbose() {} };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });

    await spansOf(async (bus) => {
      bus.registerEventHandler(Remind, () => {});
      bus.registerCommandHandler(Work, async (_command, context) => {
        await context.publish(Remind({ text: 'inline' }));
        throw new Error('no');
      });
      await bus.publish(Remind({ text: 'queued' }));
      await bus.publish(Remind({ text: 'later' }), { awaitProcessing: false });
      await bus.execute(Work({ name: 'a' }));
      await bus.waitForEvents();
    });
    diag.disable();

    expect(complaints).toEqual([]);
  });

  it('makes no span for pieces of text, which come by the thousand', async () => {
    const spans = await spansOf(async (bus) => void (await bus.publish(Piece({ text: 'a' }))));

    expect(spans).toEqual([]);
  });

  it('ends the span of a publish that a filter refuses, and says so', async () => {
    const [span] = await spansOf(async (bus) => {
      bus.addEventFilter({ name: 'none', accepts: () => false });
      await bus.publish(Remind({ text: 'tea' }));
    });

    expect(attributesOf(span!)['llmgine.event.disposition']).toBe('filtered');
  });

  it('12.3: records no content unless told to, and then redacted', async () => {
    const data = { name: 'Ann', password: 'hunter2' };
    const run = async (content: boolean) => {
      await spansOf(async (bus) => {
        bus.registerCommandHandler(Work, () => fail('no'));
        await bus.execute(Work(data));
      }, createOpenTelemetryHandler({ content }));
      return receiver.bodies.join('');
    };

    expect(await run(false)).not.toContain('Ann');
    const withContent = await run(true);
    expect(withContent).toContain('Ann');
    expect(withContent).not.toContain('hunter2');
  });
});
