import { eventLog, preparedInsert, kyselyManyRows } from '../src/persistence/subjects/sqlite.ts';
const subjects = { us: await eventLog(), raw: await preparedInsert(), kysely: await kyselyManyRows() };
const N = 20_000;
const samples: Record<string, number[]> = {};
for (const s of Object.values(subjects)) await s.run(N);
for (let i = 0; i < Number(process.argv[2] ?? 15); i++)
  for (const [name, s] of Object.entries(subjects)) {
    const t = performance.now();
    await s.run(N);
    (samples[name] ??= []).push(((performance.now() - t) * 1e6) / N);
  }
const med = (v: number[]) => v.toSorted((a, b) => a - b)[v.length >> 1]!;
const raw = med(samples['raw']!);
for (const [name, v] of Object.entries(samples)) console.log(name, Math.round(med(v)), (med(v) / raw).toFixed(2), 'best', Math.round(Math.min(...v)));
process.exit();
