import { defineEvent, typeOnly, type BusSignal } from '@llmgine/core';
import { ProxyTracerProvider, trace } from '@opentelemetry/api';
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
