import { defineEvent, typeOnly, type BusSignal } from '@llmgine/core';
import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenTelemetryHandler } from './open-telemetry-handler.ts';

const Said = defineEvent('said', { data: typeOnly<{ text: string }>() });
const published: BusSignal = { type: 'event.published', at: 0, event: Said({ text: 'a' }) };

afterEach(() => trace.disable());

describe('createOpenTelemetryHandler, without an SDK', () => {
  it('wraps nothing, and wants no more than it needs to notice one', () => {
    const handler = createOpenTelemetryHandler();

    expect([handler.aroundCommand, handler.aroundAttempt]).toEqual([undefined, undefined]);
    expect(handler.signals).not.toContain('event.processed');
  });

  it('stops looking at messages after a thousand', () => {
    const handler = createOpenTelemetryHandler();
    let changes = 0;
    handler.onChange?.(() => (changes += 1));

    for (let count = 0; count < 2_000; count++) handler.observe(published);

    expect(handler.signals).toEqual(['bus.started', 'handlers.changed', 'session.started']);
    expect(changes).toBe(1);
  });

  it('wakes at the first signal after one was started, also when it slept', () => {
    const handler = createOpenTelemetryHandler();
    for (let count = 0; count < 2_000; count++) handler.observe(published);

    trace.setGlobalTracerProvider(new TracerProvider());
    handler.observe({ type: 'bus.started', at: 0 });

    expect(handler.signals).toContain('event.processed');
    expect(handler.aroundAttempt).toBeTypeOf('function');
  });

  it('does not take the proxy that the API starts with for one', () => {
    expect(trace.getTracerProvider()).toBeInstanceOf(ProxyTracerProvider);
    expect(createOpenTelemetryHandler().aroundAttempt).toBeUndefined();
  });
});

describe('createOpenTelemetryHandler, before metrics are collected', () => {
  afterEach(() => metrics.disable());

  it('12.3: records into a meter provider that is registered after it has recorded into none', async () => {
    const handler = createOpenTelemetryHandler({ tracerProvider: new TracerProvider() });
    const processed: BusSignal = {
      ...published,
      type: 'event.processed',
      durationMs: 1,
      failures: [],
    };
    handler.observe(processed);

    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter });
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    handler.observe(processed);
    await reader.forceFlush();

    const names = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name));
    expect(names).toEqual(['messaging.process.duration']);
    await reader.shutdown();
  });
});
