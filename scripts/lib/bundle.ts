import { rolldown } from 'rolldown';

/** What the oldest Node.js that runs the packages understands. */
const TARGET = 'es2023';

/** What the bundler brings itself for syntax that is newer than the target. */
const SYNTAX_RUNTIME = '@oxc-project/runtime/';

/**
 * Bundles `src/{name}.ts` into `dist/{name}.js` for each name, and what several of them need into
 * `dist/shared.js`: one more file costs an importer more than code that it does not use.
 * Other packages stay imports, except those of `inlined`. Nothing is renamed and no line is joined, so that stack traces can be read
 * without source maps.
 */
export async function bundle(
  dir: string,
  names: readonly string[],
  inlined: readonly string[] = [],
): Promise<void> {
  const build = await rolldown({
    cwd: dir,
    input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
    platform: 'node',
    external: (id) => /^[^./]/.test(id) && !id.startsWith(SYNTAX_RUNTIME) && !inlined.includes(id),
    transform: { target: TARGET },
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  await build.write({
    dir: 'dist',
    format: 'esm',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
    comments: false,
    minifyInternalExports: false,
  });
  await build.close();
}
