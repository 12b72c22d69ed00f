import { describe, expect, it } from 'vitest';
import { checkExports } from './check-exports.ts';
import { manifestWith, temporaryProject } from './lib/temporary-project.ts';

function problemsIn(files: Record<string, unknown>, entries = { '.': './src/index.ts' }): string[] {
  const manifest = manifestWith('@llmgine/core', entries);
  return checkExports(temporaryProject({ 'packages/core/package.json': manifest, ...files }));
}

describe('checkExports', () => {
  it('accepts documented names in order', () => {
    const problems = problemsIn({
      'packages/core/src/index.ts': [
        "export { a, z, type B } from './a.ts';",
        "export type { C } from './c.ts';",
      ].join('\n'),
      'packages/core/src/a.ts': [
        '/** Makes a. */\nexport function a(): void {}\n/** Makes z. */\nexport function z(): void {}',
        '/** What a is. */\nexport interface B {}',
      ].join('\n'),
      'packages/core/src/c.ts': '/** A c. */\nexport type C = 1;',
    });

    expect(problems).toEqual([]);
  });

  it('refuses a name without a doc comment, wherever it is declared', () => {
    const problems = problemsIn({
      'packages/core/src/index.ts':
        "import type { b } from './b.ts';\nexport { a as first } from './a.ts';\nexport type { b };\nexport const c = 1;",
      'packages/core/src/a.ts': '// Not a doc comment.\nexport const a = 1;',
      'packages/core/src/b.ts': '/** */\nexport type b = 1;',
    });

    expect(problems).toEqual([
      "@llmgine/core: 'b' has no doc comment",
      "@llmgine/core: 'first' has no doc comment",
      "@llmgine/core: 'c' has no doc comment",
    ]);
  });

  it('refuses a doc comment that belongs to something else', () => {
    const problems = problemsIn({
      'packages/core/src/index.ts': '/** About a. */\nexport const a = 1;\nexport const b = 2;',
    });

    expect(problems).toEqual(["@llmgine/core: 'b' has no doc comment"]);
  });

  it('is content with one documented overload or one half of a value and its type', () => {
    const problems = problemsIn({
      'packages/core/src/index.ts': [
        '/** Does it. */\nexport function f(a: 1): void;\nexport function f(a: 2): void;\nexport function f() {}',
        '/** A colour. */\nexport const Colour = { red: 1 };\nexport type Colour = number;',
      ].join('\n'),
    });

    expect(problems).toEqual([]);
  });

  it('refuses names and statements out of order', () => {
    const problems = problemsIn({
      'packages/core/src/index.ts': "export { c } from './c.ts';\nexport { b, a } from './a.ts';",
      'packages/core/src/a.ts': '/** A. */\nexport const a = 1;\n/** B. */\nexport const b = 1;',
      'packages/core/src/c.ts': '/** C. */\nexport const c = 1;',
    });

    expect(problems).toEqual([
      "packages/core/src/index.ts: './a.ts' is out of order; sort the exports",
      "packages/core/src/index.ts: 'a' is out of order; sort the exports",
    ]);
  });

  it('refuses an entry point whose file is missing', () => {
    const problems = problemsIn({}, { '.': './src/index.ts' });

    expect(problems).toEqual(['@llmgine/core: packages/core/src/index.ts does not exist']);
  });

  it('refuses an export without a source', () => {
    const root = temporaryProject({
      'packages/core/package.json': {
        name: '@llmgine/core',
        exports: { './stores': { default: './dist/stores.js' } },
      },
    });

    expect(checkExports(root)).toEqual([
      "packages/core/package.json: './stores' lacks the @llmgine/source condition",
    ]);
  });

  it('leaves private packages alone', () => {
    const root = temporaryProject({
      'apps/chat/package.json': manifestWith(
        '@llmgine/chat',
        { '.': './gone.ts' },
        { private: true },
      ),
    });

    expect(checkExports(root)).toEqual([]);
  });
});
