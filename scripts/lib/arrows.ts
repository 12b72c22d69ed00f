/**
 * Which package may import which, inside `packages/`.
 * Every building block stands on core alone; only the engine stands above two of them.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  '@llmgine/core': [],
  '@llmgine/engine': ['@llmgine/core', '@llmgine/llm', '@llmgine/tools'],
  '@llmgine/tools-generate': [],
};

const STAR = ['@llmgine/core'];

/** What core may import from outside the workspace: types, and the optional cron parser. */
const CORE_EXTERNALS = ['@standard-schema/spec', 'croner'];

/** Gives the packages of the workspace that the source of `name` may import. */
export function allowedPackages(name: string): readonly string[] {
  return ARROWS[name] ?? STAR;
}

/** Says whether the source of `name` may import `external` at all. */
export function mayUseExternal(name: string, external: string): boolean {
  return name !== '@llmgine/core' || CORE_EXTERNALS.includes(external);
}
