import type { BenchmarkCase, Prepared, Subject } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Fact, Row } from '../row.ts';
import { awaited, burst, executed, type CreateBus } from './bus-under-test.ts';
import { idleFacts, measureSessions, sessionFacts, sessionRow, sizeFact } from './core-facts.ts';
import { importCosts, importFacts, importRows } from './import-cost.ts';
import type { LlmgineOptions } from './subjects/llmgine.ts';

type Drive = (create: CreateBus) => Promise<Prepared>;

const BURST = 'publish burst, 1 async handler';
const BURST_AMONG_TYPES = 'publish burst, 1 async handler, 100 other types';

/** What each case measures: one publish or one execute, from making the message on. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: BURST,
    subjects: withEmittery((create) => burst(create)),
  },
  {
    name: 'publish burst, 10 async handlers',
    subjects: withEmittery((create) => burst(create, { handlers: 10 })),
  },
  {
    name: BURST_AMONG_TYPES,
    subjects: withEmittery((create) => burst(create, { otherTypes: 100 })),
  },
  {
    name: 'publish burst, 1 async handler, 2 middleware',
    subjects: withMiddleware((create) => burst(create, { middleware: 2 })),
  },
  {
    name: 'publish awaited one by one',
    subjects: withEmittery((create) => awaited(create)),
  },
  {
    name: 'publish awaited one by one, 2 middleware',
    subjects: withMiddleware((create) => awaited(create, { middleware: 2 })),
  },
  {
    name: 'execute, async handler',
    subjects: everyone((create) => executed(create)),
  },
  {
    name: 'execute, async handler, 2 middleware',
    subjects: withMiddleware((create) => executed(create, { middleware: 2 })),
  },
];

/** Measured by `rows`, told by `facts` too. */
const measuredOnce = {
  rows: once(() => measureCases({ area: 'core', module: import.meta.url, cases })),
  imports: once(importCosts),
  sessions: once(measureSessions),
};

/** Measures the bus beside its limits and its peers. */
export async function rows(): Promise<Row[]> {
  return [
    ...(await measuredOnce.rows()),
    sessionRow(await measuredOnce.sessions()),
    ...importRows(await measuredOnce.imports()),
  ];
}

/** Measures memory, size, and what an idle bus costs. */
export async function facts(): Promise<Fact[]> {
  return [
    ...growthFacts(await measuredOnce.rows()),
    ...sessionFacts(await measuredOnce.sessions()),
    ...(await idleFacts()),
    ...importFacts(await measuredOnce.imports()),
    await sizeFact(),
  ];
}

/** How much dearer a publish is among 100 other types, each beside its limit: the machine may be busier by then. */
function growthFacts(measured: readonly Row[]): Fact[] {
  const among = measured.filter((row) => row.case === BURST_AMONG_TYPES);
  return among.flatMap(({ subject, ratioToLimit: amongTypes }) => {
    const alone = measured.find((row) => row.case === BURST && row.subject === subject);
    const alsoMeasured = alone?.ratioToLimit !== undefined && amongTypes !== undefined;
    if (!alsoMeasured || alone.version === '-') return [];
    const name = `publish among 100 other types over alone, ${subject}`;
    const target = subject === 'llmgine' ? { target: 'flat' } : {};
    return [{ area: 'core', name, value: amongTypes / alone.ratioToLimit, unit: '×', ...target }];
  });
}

function once<T>(measure: () => Promise<T>): () => Promise<T> {
  let measured: Promise<T> | undefined;
  return () => (measured ??= measure());
}

function everyone(drive: Drive): Subject[] {
  return [
    ...limits(drive),
    {
      name: 'handler inside AsyncLocalStorage.run',
      prepare: () =>
        drive(async (setup) => {
          const { createInAsyncLocalStorage } = await import('./subjects/direct.ts');
          return createInAsyncLocalStorage(setup);
        }),
    },
    ...ours(drive),
    peer('@event-driven-io/emmett', drive, async (setup) => {
      const { createEmmett } = await import('./subjects/emmett.ts');
      return createEmmett(setup);
    }),
    moleculer(drive),
    peer('@nestjs/cqrs', drive, async (setup) => {
      const { createNestCqrs } = await import('./subjects/nestjs-cqrs.ts');
      return createNestCqrs(setup);
    }),
  ];
}

/** Emittery has no commands. */
function withEmittery(drive: Drive): Subject[] {
  return [...everyone(drive), emittery(drive)];
}

/** Of the peers only moleculer has middleware. */
function withMiddleware(drive: Drive): Subject[] {
  return [...limits(drive), ...ours(drive), moleculer(drive)];
}

function limits(drive: Drive): Subject[] {
  return [
    {
      name: 'handler called directly',
      role: 'limit',
      prepare: () =>
        drive(async (setup) => {
          const { createDirect, literals } = await import('./subjects/direct.ts');
          return createDirect(literals, setup);
        }),
    },
    {
      name: 'handler called directly with our message',
      prepare: () =>
        drive(async (setup) => {
          const { createDirect, ourMessages } = await import('./subjects/direct.ts');
          return createDirect(ourMessages, setup);
        }),
    },
  ];
}

function ours(drive: Drive): Subject[] {
  return [
    { ...llmgine('llmgine', drive, {}), role: 'us' },
    llmgine("llmgine, reentrancy 'context'", drive, { reentrancy: 'context' }),
    llmgine('llmgine, nobody observes', drive, { observer: 'none' }),
    llmgine('llmgine, every signal observed', drive, { observer: 'everything' }),
  ];
}

function llmgine(name: string, drive: Drive, options: LlmgineOptions): Subject {
  return {
    name,
    version: installedVersion('@llmgine/core'),
    prepare: () =>
      drive(async (setup) => {
        const { createLlmgine } = await import('./subjects/llmgine.ts');
        return createLlmgine(options, setup);
      }),
  };
}

function emittery(drive: Drive): Subject {
  return peer('emittery', drive, async (setup) => {
    const { createEmittery } = await import('./subjects/emittery.ts');
    return createEmittery(setup);
  });
}

function moleculer(drive: Drive): Subject {
  return peer('moleculer', drive, async (setup) => {
    const { createMoleculer } = await import('./subjects/moleculer.ts');
    return createMoleculer(setup);
  });
}

function peer(name: string, drive: Drive, create: CreateBus): Subject {
  return { name, version: installedVersion(name), prepare: () => drive(create) };
}
