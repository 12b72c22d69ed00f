import { createMetricsCollector } from '@llmgine/metrics';
import { Counter, Histogram } from 'prom-client';
import type { Prepared } from '../../case.ts';

/** Counts and records with instruments of ours. */
export function ours(): Prepared {
  const collector = createMetricsCollector();
  const counter = collector.counter({ name: 'a_total', help: 'a', labels: ['type'] }).series('x');
  const histogram = collector.histogram({ name: 'b', help: 'b', labels: ['type'] }).series('x');
  return repeated((value) => {
    counter.value += 1;
    histogram.record(value);
  });
}

/** The same with prom-client, label values known beforehand as well. */
export function promClient(): Prepared {
  const counter = new Counter({ name: 'a', help: 'a', registers: [], labelNames: ['type'] }).labels(
    'x',
  );
  const histogram = new Histogram({
    name: 'b',
    help: 'b',
    registers: [],
    labelNames: ['type'],
  }).labels('x');
  return repeated((value) => {
    counter.inc();
    histogram.observe(value);
  });
}

function repeated(once: (value: number) => void): Prepared {
  return {
    run(operations) {
      for (let n = 0; n < operations; n++) once((n % 1000) / 1000);
    },
  };
}
