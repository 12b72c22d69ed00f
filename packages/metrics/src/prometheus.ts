import type { Metric, Registry } from 'prom-client';
import type { Exportable } from './instrument.ts';

/** What `prom-client` reads from a metric when it collects. */
interface CollectedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: Exportable['type'];
  readonly values: readonly {
    readonly metricName: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
  readonly aggregator: 'sum';
}

/**
 * Puts an instrument into a `prom-client` registry, which asks it for its values when it collects and not before.
 * @throws Error when the registry has another metric of this name
 */
export function exportTo(registry: Registry, instrument: Exportable, prefix: string): void {
  const metric = {
    // The registry takes `_total` off a counter's name when it writes OpenMetrics.
    name: prefix + instrument.name,
    help: instrument.help,
    type: instrument.type,
    get: (): Promise<CollectedMetric> => Promise.resolve(collect(instrument, metric.name)),
    reset: () => instrument.reset(),
  };
  registry.registerMetric(metric as unknown as Metric);
}

function collect(instrument: Exportable, name: string): CollectedMetric {
  return {
    name,
    help: instrument.help,
    type: instrument.type,
    values: instrument.samples().map(({ suffix, labels, value }) => ({
      metricName: suffix === undefined ? undefined : name + suffix,
      labels,
      value,
    })),
    aggregator: 'sum',
  };
}
