import { InvalidOptionsError } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { createMetricsCollector } from './metrics-collector.ts';

describe('Counter', () => {
  it('adds up by label, and over all labels', () => {
    const orders = createMetricsCollector().counter({
      name: 'orders_total',
      help: 'Orders.',
      labels: ['kind'],
    });

    orders.add(2, { kind: 'book' });
    orders.add(1, { kind: 'pen' });

    expect(orders.total()).toBe(3);
  });

  it('refuses to shrink', () => {
    const orders = createMetricsCollector().counter({ name: 'orders_total', help: 'Orders.' });

    expect(() => orders.add(-1)).toThrow(InvalidOptionsError);
    expect(() => orders.add(Number.NaN)).toThrow(InvalidOptionsError);
  });
});

describe('Gauge', () => {
  it('reads its value at each scrape when it is told how', () => {
    let length = 1;
    const collector = createMetricsCollector();
    collector.gauge({ name: 'backlog', help: 'Length.', read: () => length });
    length = 7;

    expect(collector.snapshot().gauges['backlog']).toBe(7);
  });
});

describe('Histogram', () => {
  it('counts an observation on a bound as within it', async () => {
    const collector = createMetricsCollector();
    const sizes = collector.histogram({ name: 'size_bytes', help: 'Sizes.', bounds: [10, 100] });

    for (const size of [10, 11, 1000]) sizes.record(size);

    const text = await collector.registry.metrics();
    expect(text).toContain('llmgine_size_bytes_bucket{le="10"} 1');
    expect(text).toContain('llmgine_size_bytes_bucket{le="100"} 2');
    expect(text).toContain('llmgine_size_bytes_bucket{le="+Inf"} 3');
    expect(text).toContain('llmgine_size_bytes_sum 1021');
    expect(text).toContain('llmgine_size_bytes_count 3');
  });

  it('counts every observation once, whenever somebody looks', async () => {
    const collector = createMetricsCollector();
    const sizes = collector.histogram({ name: 'size_bytes', help: 'Sizes.', bounds: [100] });
    const looks = [
      () => sizes.total().count,
      () => sizes.snapshots()[0]!.snapshot.count,
      () => sizes.samples().at(-1)!.value,
    ];

    for (let size = 1; size <= 200; size++) {
      sizes.record(size);
      expect(looks[size % looks.length]!()).toBe(size);
    }

    expect(sizes.total()).toMatchObject({ count: 200, sum: 20_100 });
    const text = await collector.registry.metrics();
    expect(text).toContain('llmgine_size_bytes_bucket{le="100"} 100');
  });

  it('adds up many observations of which nobody has seen any', () => {
    const sizes = createMetricsCollector().histogram({ name: 'size_bytes', help: 'Sizes.' });

    for (let size = 1; size <= 1_000; size++) sizes.record(size);

    expect(sizes.total()).toMatchObject({ count: 1_000, sum: 500_500 });
  });

  it('forgets at a reset what was recorded just before', () => {
    const sizes = createMetricsCollector().histogram({ name: 'size_bytes', help: 'Sizes.' });

    for (let size = 1; size <= 100; size++) sizes.record(size);
    sizes.reset();
    sizes.record(7);

    expect(sizes.total()).toMatchObject({ count: 1, sum: 7 });
  });

  it('leaves out what is no number', () => {
    const sizes = createMetricsCollector().histogram({ name: 'size_bytes', help: 'Sizes.' });

    sizes.record(Number.NaN);

    expect(sizes.total()).toMatchObject({ count: 0, sum: 0 });
  });
});

describe('an instrument', () => {
  it.each([
    { name: '9lives', help: 'x' },
    { name: 'ok', help: '' },
    { name: 'ok', help: 'x', labels: ['le'] },
    { name: 'ok', help: 'x', labels: ['__own'] },
  ])('refuses a name, help or label that Prometheus would refuse: %o', (options) => {
    expect(() => createMetricsCollector().counter(options)).toThrow(InvalidOptionsError);
  });

  it('refuses bounds that do not ascend', () => {
    const collector = createMetricsCollector();

    expect(() => collector.histogram({ name: 'x', help: 'x', bounds: [2, 1] })).toThrow(
      /ascending/,
    );
  });
});
