import { InvalidOptionsError, fail, ok, type BusSignal } from '@llmgine/core';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { aBusAtWork, aModelCall, aToolCall, Greet, Greeted } from '../test/bus-at-work.ts';
import { createMetricsCollector } from './metrics-collector.ts';

function measured(signals: readonly BusSignal[]) {
  const collector = createMetricsCollector();
  for (const signal of signals) collector.observe(signal);
  return collector;
}

describe('createMetricsCollector', () => {
  it('11: counts events and commands under the names of the guide', () => {
    const { counters } = measured(aBusAtWork()).snapshot();

    expect(counters).toMatchObject({
      events_published_total: 3,
      events_processed_total: 2,
      events_failed_total: 1,
      events_dropped_total: 1,
      commands_sent_total: 2,
      commands_processed_total: 2,
      commands_failed_total: 1,
      commands_retried_total: 1,
    });
  });

  it('11: shows each label beside the sum over labels', () => {
    const { counters, histograms } = measured(aBusAtWork()).snapshot();

    expect(counters['events_published_total{type="greeted"}']).toBe(3);
    expect(counters['events_dropped_total{type="greeted",reason="queue-full"}']).toBe(1);
    expect(histograms['event_processing_duration_seconds{type="greeted"}']?.count).toBe(2);
  });

  it('11: gives count, sum, p50, p95 and p99 of durations', () => {
    const event = Greeted({ text: 'hi' });
    const collector = createMetricsCollector();
    for (let durationMs = 1; durationMs <= 100; durationMs++) {
      collector.observe({ type: 'event.processed', at: 0, event, durationMs, failures: [] });
    }

    const { count, sum, p50, p95, p99 } =
      collector.snapshot().histograms['event_processing_duration_seconds']!;

    expect(count).toBe(100);
    expect(sum).toBeCloseTo(5.05);
    expect(p50).toBeCloseTo(0.05, 2);
    expect(p95).toBeCloseTo(0.095, 2);
    expect(p99).toBeCloseTo(0.099, 2);
  });

  it('11: shows the state of the bus in gauges', () => {
    const { gauges } = measured(aBusAtWork()).snapshot();

    expect(gauges).toMatchObject({
      queue_size: 4,
      backpressure_active: 1,
      'circuit_breaker_state{breaker="greet"}': 2,
      dead_letter_queue_size: 1,
      active_sessions: 1,
      registered_handlers: 2,
    });
  });

  it('11: lowers the number of dead letters when they are retried, discarded or purged', () => {
    const collector = measured(aBusAtWork());

    collector.observe({ type: 'dead-letters.changed', at: 0, deadLetters: 0 });

    expect(collector.snapshot().gauges['dead_letter_queue_size']).toBe(0);
  });

  it('11: memory does not grow with the number of observations', () => {
    const event = Greeted({ text: 'hi' });
    const collector = createMetricsCollector();
    const observe = (durationMs: number) =>
      collector.observe({ type: 'event.processed', at: 0, event, durationMs, failures: [] });
    observe(1);
    const before = JSON.stringify(collector.snapshot()).length;

    for (let count = 0; count < 50_000; count++) observe(1);

    expect(JSON.stringify(collector.snapshot()).length).toBeLessThan(before + 100);
  });

  it('counts tokens by kind, cost, outcome and time to the first chunk of model calls', () => {
    const { counters, histograms } = measured(aModelCall()).snapshot();

    expect(counters).toMatchObject({
      'model_calls_total{provider="openai",model="gpt-test",outcome="ok"}': 1,
      'model_tokens_total{provider="openai",model="gpt-test",kind="input"}': 120,
      'model_tokens_total{provider="openai",model="gpt-test",kind="output"}': 30,
      model_cost_dollars_total: 0.0042,
      model_calls_without_usage_total: 0,
    });
    expect(histograms['model_time_to_first_chunk_seconds']?.count).toBe(1);
  });

  it('does not count unknown tokens as none', () => {
    const { counters } = measured(aModelCall({ usage: {} })).snapshot();

    expect(counters['model_calls_without_usage_total']).toBe(1);
    expect(Object.keys(counters).filter((name) => name.startsWith('model_tokens_total{'))).toEqual(
      [],
    );
  });

  it('counts and times tool calls by tool and outcome', () => {
    const { counters, histograms } = measured(aToolCall({ status: 'timeout' })).snapshot();

    expect(counters['tool_calls_total{tool="get_weather",outcome="timeout"}']).toBe(1);
    expect(
      histograms['tool_call_duration_seconds{tool="get_weather",outcome="timeout"}']?.sum,
    ).toBeCloseTo(0.25);
  });

  it('keeps a bounded number of tool names, which a model may make up', () => {
    const collector = createMetricsCollector({ maxSeries: 5 });
    for (let call = 0; call < 100; call++) {
      for (const signal of aToolCall({ toolName: `made_up_${call}` })) collector.observe(signal);
    }

    const names = Object.keys(collector.snapshot().counters);

    expect(names.filter((name) => name.startsWith('tool_calls_total{'))).toHaveLength(6);
    expect(collector.snapshot().counters['tool_calls_total']).toBe(100);
  });

  it('asks the bus for the length of its queue when it can, and then not for each event queued', () => {
    const collector = createMetricsCollector();
    const before = collector.signals;

    collector.attach?.({ phase: () => 'running', queueSize: () => 12, oldestQueuedMs: () => 0 });

    expect(before).toContain('event.queued');
    expect(collector.signals).not.toContain('event.queued');
    expect(collector.snapshot().gauges['queue_size']).toBe(12);
  });

  it('11: hands everything to the registry under the prefix, the user’s own registry too', async () => {
    const registry = new Registry();
    const collector = createMetricsCollector({ registry, prefix: 'shop_' });
    collector.observe({ type: 'command.started', at: 0, command: Greet({ name: 'Ann' }) });

    const text = await registry.metrics();

    expect(text).toContain('shop_commands_sent_total{type="greet"} 1');
  });

  it('writes OpenMetrics when the registry does', async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const collector = createMetricsCollector({ registry });
    collector.observe({ type: 'command.started', at: 0, command: Greet({ name: 'Ann' }) });

    const text = await registry.metrics();

    expect(text).toContain('# TYPE llmgine_commands_sent counter');
    expect(text).toContain('llmgine_commands_sent_total{type="greet"} 1');
  });

  it('starts again from zero after a reset, in the same series', () => {
    const collector = measured(aBusAtWork());

    collector.reset();
    for (const signal of aBusAtWork()) collector.observe(signal);

    expect(collector.snapshot().counters['events_published_total']).toBe(3);
  });

  it('names all wrong options at once', () => {
    const make = () => createMetricsCollector({ prefix: '1x', maxSeries: 0 });

    expect(make).toThrow(InvalidOptionsError);
    expect(make).toThrow(/prefix .*; maxSeries /);
  });

  it('tells failed commands from those that only ended', () => {
    const collector = createMetricsCollector();
    const command = Greet({ name: 'Ann' });
    for (const outcome of [ok('hi'), fail('no')]) {
      const result = { ...outcome, commandId: command.id };
      collector.observe({ type: 'command.completed', at: 0, command, result, durationMs: 1 });
    }

    const { counters } = collector.snapshot();

    expect([counters['commands_processed_total'], counters['commands_failed_total']]).toEqual([
      2, 1,
    ]);
  });
});
