import type { BenchmarkCase, Prepared, Subject } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Fact, Row } from '../row.ts';

const ours = { role: 'us', version: installedVersion('@llmgine/resilience') } as const;

/** What arming a call, limiting events, wrapping commands and bounding the queue cost. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: 'retry + breaker + timeout round an async call that succeeds',
    subjects: [
      guarded('bare awaited call', 'bare', { role: 'limit' }),
      guarded('llmgine resiliencePipeline', 'pipeline', ours),
      guarded('opossum with a timeout (no retry)', 'opossum', {
        version: installedVersion('opossum'),
      }),
      guarded('cockatiel wrap of the three', 'cockatiel', {
        version: installedVersion('cockatiel'),
      }),
    ],
  },
  {
    name: 'rate-limit filter, 100 sessions in turn',
    subjects: [
      limited('a clock read', 'clockRead', { role: 'limit' }),
      limited('llmgine rateLimitFilter', 'filter', ours),
      limited('llmgine rateLimitFilter, a million sessions', 'filterManyKeys', {}),
    ],
  },
  {
    name: 'execute through the five middleware',
    subjects: [
      commands('the handler, called and awaited', 'awaitedCall', { role: 'limit' }),
      commands('llmgine, five middleware', 'five', ours),
      commands('llmgine, no middleware', 'none', {}),
    ],
  },
  {
    name: 'publish burst, 1 async handler, bounded queue',
    subjects: [
      bursts('llmgine, plain bus', 'plain', { role: 'limit' }),
      bursts('llmgine, resilient bus', 'resilient', ours),
      bursts('llmgine, resilient bus, lossy events', 'resilientLossy', {}),
    ],
  },
  {
    name: 'execute, async handler, resilient bus',
    subjects: [
      executes('llmgine, plain bus', 'plain', { role: 'limit' }),
      executes('llmgine, resilient bus', 'resilient', ours),
    ],
  },
];

/** Measured by `rows`, told by `facts` too. */
let measured: readonly Row[] = [];

/** Measures the parts that are armed round calls, beside doing without and beside peers. */
export async function rows(): Promise<Row[]> {
  const all = await measureCases({ area: 'resilience', module: import.meta.url, cases });
  measured = all;
  return all;
}

/** What the five middleware add to executing a command, in awaited calls of its handler. */
export async function facts(): Promise<Fact[]> {
  const rowsOf = measured.filter((row) => row.case === 'execute through the five middleware');
  const [call, five, none] = rowsOf.map(({ nsPerOp }) => nsPerOp);
  if (call === undefined || five === undefined || none === undefined) return [];
  return [
    {
      area: 'resilience',
      name: 'five middleware round a command, in awaited calls of its handler',
      value: (five - none) / call,
      unit: '×',
      target: 'at most 5',
    },
  ];
}

type About = Pick<Subject, 'role' | 'version'>;

function guarded(
  name: string,
  kind: 'bare' | 'pipeline' | 'opossum' | 'cockatiel',
  about: About,
): Subject {
  const prepare = async (): Promise<Prepared> => {
    const subjects = await import('./subjects/guarded-calls.ts');
    return subjects[kind]();
  };
  return { name, ...about, prepare };
}

function limited(
  name: string,
  kind: 'clockRead' | 'filter' | 'filterManyKeys',
  about: About,
): Subject {
  const prepare = async (): Promise<Prepared> => {
    const subjects = await import('./subjects/rate-limits.ts');
    return subjects[kind]();
  };
  return { name, ...about, prepare };
}

function commands(name: string, kind: 'awaitedCall' | 'five' | 'none', about: About): Subject {
  const prepare = async (): Promise<Prepared> => {
    const subjects = await import('./subjects/middleware.ts');
    return subjects[kind]();
  };
  return { name, ...about, prepare };
}

function bursts(
  name: string,
  kind: 'plain' | 'resilient' | 'resilientLossy',
  about: About,
): Subject {
  const prepare = async (): Promise<Prepared> => {
    const subjects = await import('./subjects/buses.ts');
    return subjects.publishBurst(kind);
  };
  return { name, ...about, prepare };
}

function executes(name: string, kind: 'plain' | 'resilient', about: About): Subject {
  const prepare = async (): Promise<Prepared> => {
    const subjects = await import('./subjects/buses.ts');
    return subjects.executeMany(kind);
  };
  return { name, ...about, prepare };
}
