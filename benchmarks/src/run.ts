import { globSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchmarkModule, Fact, Row } from './row.ts';
import { toFactTable, toTables } from './table.ts';

const { values } = parseArgs({
  options: {
    /** Writes the rows there, relative to where the command was given. */
    json: { type: 'string' },
    /** Runs these areas only. */
    area: { type: 'string', multiple: true },
    /** Leaves out what is not a time. */
    'without-facts': { type: 'boolean', default: false },
  },
});

/** Every `src/<area>/*.bench.ts` takes part. */
const files = globSync('*/*.bench.ts', { cwd: import.meta.dirname }).toSorted();
const areas = [...new Set(files.map((file) => basename(dirname(file))))];
const unknown = values.area?.filter((area) => !areas.includes(area)) ?? [];
if (unknown.length > 0) {
  console.error(`No area '${unknown.join("', '")}'. There are: ${areas.join(', ')}.`);
  process.exit(2);
}
const wanted = files.filter((file) => values.area?.includes(basename(dirname(file))) ?? true);
const rows: Row[] = [];
const facts: Fact[] = [];

console.log(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`);
for (const file of wanted) {
  const measured = (await import(join(import.meta.dirname, file))) as BenchmarkModule;
  const ofFile = await measured.rows();
  rows.push(...ofFile);
  console.log(`${toTables(ofFile)}\n`);
  if (measured.facts && !values['without-facts']) facts.push(...(await measured.facts()));
}
if (facts.length > 0) console.log(`${toFactTable(facts)}\n`);
if (values.json !== undefined) {
  const file = resolve(process.env['INIT_CWD'] ?? process.cwd(), values.json);
  writeFileSync(file, `${JSON.stringify(rows, undefined, 2)}\n`);
  console.log(`${rows.length} rows written to ${file}`);
}
