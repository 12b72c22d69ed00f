import { createMessageBus, createSignalHub, fail, ok, sessionId, systemClock } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { createMetricsCollector } from '../src/index.ts';
import { aModelCall, aToolCall, Greet, Greeted } from './bus-at-work.ts';

describe('a bus with a metrics collector', () => {
  it('11: gives its metrics through getMetrics, in the shape of the guide', async () => {
    await using bus = createMessageBus({ metrics: createMetricsCollector() });
    bus.registerCommandHandler(Greet, ({ data }) =>
      data.name === 'Ann' ? ok() : fail('stranger'),
    );
    bus.registerEventHandler(Greeted, () => {
      throw new Error('mute');
    });
    await bus.start();
    await bus.session(sessionId('a'));
    await bus.execute(Greet({ name: 'Ann' }));
    await bus.execute(Greet({ name: 'Bob' }));
    await bus.execute(Greet({ name: 'Cem' }));
    await bus.publish(Greeted({ text: 'hi' }));
    await bus.waitForEvents(); // the event that tells of the failed handler

    const { counters, gauges, histograms } = await bus.getMetrics();

    expect(counters).toMatchObject({
      'events_published_total{type="greeted"}': 1,
      'events_processed_total{type="greeted"}': 1,
      'events_failed_total{type="greeted"}': 1,
      commands_sent_total: 3,
      commands_processed_total: 3,
      commands_failed_total: 2,
    });
    expect(gauges).toMatchObject({ queue_size: 0, active_sessions: 1, registered_handlers: 2 });
    expect(histograms['command_processing_duration_seconds']?.count).toBe(3);
  });

  it('11: gives durations in seconds', async () => {
    let now = 0;
    const clock = { ...systemClock, monotonic: () => now };
    await using bus = createMessageBus({ clock, metrics: createMetricsCollector() });
    bus.registerCommandHandler(Greet, () => void (now += 250));
    bus.registerEventHandler(Greeted, () => void (now += 70));
    await bus.start();

    await bus.execute(Greet({ name: 'Ann' }));
    await bus.publish(Greeted({ text: 'hi' }));

    const { histograms } = await bus.getMetrics();
    expect(histograms['command_processing_duration_seconds']?.sum).toBeCloseTo(0.25);
    expect(histograms['event_processing_duration_seconds']?.sum).toBeCloseTo(0.07);
  });

  it('11: counts the model and tool calls that are published on it', async () => {
    await using bus = createMessageBus({ metrics: createMetricsCollector() });
    await bus.start();

    for (const signal of [...aModelCall(), ...aToolCall()]) {
      if (signal.type === 'event.published') await bus.publish(signal.event);
    }

    expect((await bus.getMetrics()).counters).toMatchObject({
      model_calls_total: 1,
      tool_calls_total: 1,
    });
  });

  it('11: has no signal built for each event and command', () => {
    const signals = createSignalHub();
    createMessageBus({ signals, metrics: createMetricsCollector() });

    const built = [
      'event.published',
      'event.queued',
      'event.processed',
      'command.started',
      'command.completed',
    ] as const;

    expect(built.filter((type) => signals.wants(type))).toEqual([]);
  });

  it('11: reads the length of the queue when it is asked', async () => {
    await using bus = createMessageBus({ metrics: createMetricsCollector() });

    for (let count = 0; count < 3; count++) {
      await bus.publish(Greeted({ text: 'before the start' }), { awaitProcessing: false });
    }

    expect((await bus.getMetrics()).gauges['queue_size']).toBe(3);
  });

  it('11: active sessions and registered handlers come down again', async () => {
    await using bus = createMessageBus({ metrics: createMetricsCollector() });
    await bus.start();
    const session = await bus.session();
    session.registerEventHandler(Greeted, () => {});

    await session.end();

    expect((await bus.getMetrics()).gauges).toMatchObject({
      active_sessions: 0,
      registered_handlers: 0,
    });
  });

  it('6.1: begins at zero after a reset, and goes on measuring', async () => {
    await using bus = createMessageBus({ metrics: createMetricsCollector() });
    await bus.start();
    await bus.publish(Greeted({ text: 'hi' }));

    await bus.reset();
    const afterReset = (await bus.getMetrics()).counters['events_published_total'];
    await bus.start();
    await bus.publish(Greeted({ text: 'hi' }));

    expect(afterReset).toBe(0);
    expect((await bus.getMetrics()).counters['events_published_total{type="greeted"}']).toBe(1);
  });

  it('11: two buses with two collectors do not count into each other', async () => {
    await using one = createMessageBus({ metrics: createMetricsCollector() });
    await using other = createMessageBus({ metrics: createMetricsCollector() });
    await one.start();
    await other.start();

    await one.publish(Greeted({ text: 'hi' }));

    expect((await other.getMetrics()).counters['events_published_total']).toBe(0);
  });

  it('11: counts all messages of a bus that it only watches, too', async () => {
    const collector = createMetricsCollector();
    await using own = createMessageBus({ metrics: collector });
    await using watched = createMessageBus();
    watched.addObserver(collector);
    watched.registerCommandHandler(Greet, () => ok());
    await watched.start();

    await watched.publish(Greeted({ text: 'hi' }));
    await watched.execute(Greet({ name: 'Ann' }));

    expect((await own.getMetrics()).counters).toMatchObject({
      events_published_total: 1,
      commands_sent_total: 1,
    });
  });
});
