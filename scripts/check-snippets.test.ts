import { describe, expect, it } from 'vitest';
import { checkSnippets } from './check-snippets.ts';
import { temporaryProject } from './lib/temporary-project.ts';

const main = [
  "import { createMessageBus } from '@llmgine/core';",
  '',
  'async function main() {',
  '  // #region start',
  '  const bus = createMessageBus();',
  '',
  '  await bus.start();',
  '  // #endregion start',
  '}',
  '',
].join('\n');

function problemsIn(markdown: string, document = 'docs/guide.md'): string[] {
  return checkSnippets(temporaryProject({ 'examples/a/src/main.ts': main, [document]: markdown }));
}

function block(info: string, code: string): string {
  return `# Title\n\n\`\`\`${info}\n${code}\n\`\`\`\n`;
}

describe('checkSnippets', () => {
  it('accepts a whole file and a region, whatever the indent', () => {
    const region = 'const bus = createMessageBus();\n\nawait bus.start();';

    expect(problemsIn(block('ts file=examples/a/src/main.ts', main))).toEqual([]);
    expect(problemsIn(block('ts file=examples/a/src/main.ts#start', region))).toEqual([]);
  });

  it('leaves blocks alone that name no file', () => {
    expect(problemsIn(block('ts', 'anything();'))).toEqual([]);
  });

  it('refuses code that differs, and says where', () => {
    const problems = problemsIn(
      block(
        'ts file=examples/a/src/main.ts#start',
        'const bus = createMessageBus();\n\nawait bus.run();',
      ),
    );

    expect(problems).toEqual([
      "docs/guide.md:3 differs from examples/a/src/main.ts#start: line 3 is 'await bus.run();', the file has 'await bus.start();'",
    ]);
  });

  it('refuses code that goes on after the region', () => {
    const problems = problemsIn(
      block(
        'ts file=examples/a/src/main.ts#start',
        'const bus = createMessageBus();\n\nawait bus.start();\nawait bus.stop();',
      ),
    );

    expect(problems).toEqual([
      "docs/guide.md:3 differs from examples/a/src/main.ts#start: line 4 is 'await bus.stop();', the file has nothing",
    ]);
  });

  it('refuses a file and a region that do not exist', () => {
    const problems = [
      ...problemsIn(block('ts file=examples/gone.ts', 'x')),
      ...problemsIn(block('ts file=examples/a/src/main.ts#gone', 'x')),
    ];

    expect(problems).toEqual([
      'docs/guide.md:3 shows examples/gone.ts, which does not exist',
      'docs/guide.md:3 shows examples/a/src/main.ts#gone, but the file has no such region',
    ]);
  });

  it('leaves a block alone that is itself shown', () => {
    const shown = block('ts file=examples/gone.ts', 'x');

    expect(problemsIn(`\`\`\`\`markdown\n${shown}\n\`\`\`\`\n`)).toEqual([]);
  });

  it('reads the READMEs of the root and of packages', () => {
    const wrong = block('ts file=examples/a/src/main.ts', 'x');

    expect(problemsIn(wrong, 'README.md')).toHaveLength(1);
    expect(problemsIn(wrong, 'packages/core/README.md')).toHaveLength(1);
  });
});
