import type { BenchmarkCase, Prepared } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Row } from '../row.ts';

type Watch = 'withMetrics' | 'withHealth' | 'withApiOnly';

const unwatched = async (kind: 'publishBurst' | 'executeMany'): Promise<Prepared> => {
  const bus = await import('./subjects/bus.ts');
  return bus[kind](await bus.started());
};
const watched = async (watch: Watch, kind: 'publishBurst' | 'executeMany'): Promise<Prepared> => {
  const [bus, watching] = await Promise.all([
    import('./subjects/bus.ts'),
    import('./subjects/watched.ts'),
  ]);
  return bus[kind](await watching[watch]());
};

function busCase(name: string, kind: 'publishBurst' | 'executeMany'): BenchmarkCase {
  return {
    name,
    subjects: [
      { name: 'llmgine, nobody watches', role: 'limit', prepare: () => unwatched(kind) },
      { name: 'the same once more', prepare: () => unwatched(kind) },
      { name: 'with metrics', role: 'us', prepare: () => watched('withMetrics', kind) },
      { name: 'with health', prepare: () => watched('withHealth', kind) },
      { name: 'with OpenTelemetry, no SDK', prepare: () => watched('withApiOnly', kind) },
    ],
  };
}

/** What watching a bus costs. */
export const cases: readonly BenchmarkCase[] = [
  busCase('publish burst, 1 async handler', 'publishBurst'),
  busCase('execute, async handler', 'executeMany'),
  {
    name: 'counter and histogram',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/instruments.ts')).ours(),
      },
      {
        name: 'prom-client',
        version: installedVersion('prom-client'),
        prepare: async () => (await import('./subjects/instruments.ts')).promClient(),
      },
    ],
  },
  {
    name: 'execute with two spans',
    subjects: [
      {
        name: 'by hand round an unwatched bus',
        role: 'limit',
        version: installedVersion('@opentelemetry/sdk-trace'),
        prepare: async () => (await import('./subjects/watched.ts')).withSpansByHand(),
      },
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/watched.ts')).withSdk(),
      },
    ],
  },
];

/** Measures this area. */
export function rows(): Promise<Row[]> {
  return measureCases({ area: 'observability', module: import.meta.url, cases });
}
