import { parseArgs } from 'node:util';
import { run, stopwatch } from './lib/run.ts';

interface Step {
  readonly name: string;
  readonly commands: readonly string[];
}

/** Everything that has to hold before a change goes in, quickest first. */
const STEPS: readonly Step[] = [
  { name: 'format', commands: ['oxfmt --check .'] },
  { name: 'lint', commands: ['oxlint --type-aware --deny-warnings'] },
  { name: 'types', commands: ['tsc -b'] },
  {
    name: 'boundaries',
    commands: [
      'node scripts/check-boundaries.ts',
      'node scripts/check-exports.ts',
      'node scripts/check-house-rules.ts',
      'node scripts/check-snippets.ts',
      'knip',
      'sherif',
    ],
  },
  { name: 'tests', commands: ['node scripts/test.ts --project=!types'] },
  { name: 'type tests', commands: ['node scripts/test.ts --project=types --passWithNoTests'] },
  { name: 'build', commands: ['node scripts/build.ts --output-logs=errors-only'] },
  {
    name: 'packed shape',
    commands: [
      'turbo run check:package --output-logs=errors-only',
      'node scripts/check-packages.ts',
    ],
  },
  { name: 'examples', commands: ['node scripts/run-examples.ts'] },
];

const { values } = parseArgs({
  options: { 'without-tests': { type: 'boolean', default: false } },
});

process.exitCode = await runSteps(
  values['without-tests'] ? STEPS.filter(({ name }) => !name.endsWith('tests')) : STEPS,
);

async function runSteps(steps: readonly Step[]): Promise<number> {
  const elapsed = stopwatch();
  for (const [index, { name, commands }] of steps.entries()) {
    const stepElapsed = stopwatch();
    console.log(`\n[${index + 1}/${steps.length}] ${name}`);
    for (const command of commands) {
      const [program = '', ...args] = command.split(' ');
      const { code } = await run(program, args);
      if (code === 0) continue;
      console.error(`\nnot ok: ${name} failed at '${command}' after ${stepElapsed()}`);
      return 1;
    }
    console.log(`[${index + 1}/${steps.length}] ${name}: ok, ${stepElapsed()}`);
  }
  console.log(`\nok: all ${steps.length} steps, ${elapsed()}`);
  return 0;
}
