import { argv, exit } from 'node:process';
import type { CasesModule, Prepared } from './case.ts';

/** Long enough for the optimising compiler to have seen everything. */
const WARM_UP_MS = 2000;
const SAMPLE_MS = 15;

/** A process that holds one subject, and measures one sample each time it is asked. */
async function serve(moduleUrl: string, caseName: string, subjectName: string): Promise<void> {
  const { cases } = (await import(moduleUrl)) as CasesModule;
  const subject = cases
    .find(({ name }) => name === caseName)
    ?.subjects.find(({ name }) => name === subjectName);
  if (!subject) throw new Error(`${moduleUrl} has no '${subjectName}' in '${caseName}'`);

  const prepared = await subject.prepare();
  const operations = await warmUp(prepared);
  process.on('message', () => {
    void measure(prepared, operations).then((nsPerOp) => process.send?.({ nsPerOp }));
  });
  process.on('disconnect', () => exit(0));
  process.send?.({ ready: true });
}

/** Gives back how many operations fill a sample. */
async function warmUp(prepared: Prepared): Promise<number> {
  const step = prepared.step ?? 1;
  const endsAt = performance.now() + WARM_UP_MS;
  let operations = step;
  while (performance.now() < endsAt) {
    const tookMs = ((await measure(prepared, operations)) * operations) / 1e6;
    const wanted = (operations * SAMPLE_MS) / Math.max(tookMs, 0.01);
    operations = Math.max(1, Math.round(Math.min(wanted, operations * 8) / step)) * step;
  }
  return operations;
}

async function measure(prepared: Prepared, operations: number): Promise<number> {
  const startedAt = process.hrtime.bigint();
  const running = prepared.run(operations);
  if (running) await running;
  return Number(process.hrtime.bigint() - startedAt) / operations;
}

const [, , moduleUrl = '', caseName = '', subjectName = ''] = argv;
await serve(moduleUrl, caseName, subjectName);
