import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GenerateError } from './generate-error.ts';
import { defaultOut, generateTools } from './generate-tools.ts';

/** Where a command line writes. */
export interface CommandLineOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const usage = `Usage: llmgine-tools generate FILE... [--out FILE] [--check]

Makes tool definitions of the exported functions of TypeScript files.

  --out FILE   where to write them (one source only); default: the source's name with .tools.ts
  --check      write nothing; fail when a file of definitions is not up to date
  --help       this text
`;

/** Runs the command line and gives its exit code: 0 done, 1 failed, 2 used wrongly. */
export function runCommandLine(args: readonly string[], output: CommandLineOutput): number {
  const read = readArguments(args);
  if ('help' in read) {
    output.out(usage);
    return 0;
  }
  if ('wrong' in read) {
    output.error(`${read.wrong}\n\n${usage}`);
    return 2;
  }
  const failed = read.files.filter((file) => !runOne(file, read, output));
  return failed.length > 0 ? 1 : 0;
}

interface ReadArguments {
  readonly files: readonly string[];
  readonly out: string | undefined;
  readonly check: boolean;
}

function readArguments(
  args: readonly string[],
): ReadArguments | { readonly help: true } | { readonly wrong: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [command, ...files] = positionals;
    if (values.help) return { help: true };
    if (command !== 'generate') return { wrong: 'The command is: generate.' };
    if (files.length === 0) return { wrong: 'Name a file to read.' };
    if (values.out !== undefined && files.length > 1) return { wrong: '--out is for one file.' };
    return { files, out: values.out, check: values.check };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function runOne(
  file: string,
  { out = defaultOut(file), check }: ReadArguments,
  output: CommandLineOutput,
): boolean {
  try {
    const text = generateTools({ file, out });
    if (check) return isUpToDate(out, text, output);
    const wasSame = isSame(readText(out), text);
    if (!wasSame) writeFileSync(out, text);
    output.out(`${shown(out)} ${wasSame ? 'is up to date' : 'written'}\n`);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof GenerateError)) throw thrown;
    for (const { file: place, line, column, message } of thrown.problems) {
      output.error(`${shown(place)}:${line}:${column} ${message}\n`);
    }
    return false;
  }
}

function isUpToDate(out: string, text: string, output: CommandLineOutput): boolean {
  if (isSame(readText(out), text)) return true;
  output.error(`${shown(out)} is not up to date; run llmgine-tools generate\n`);
  return false;
}

/** A formatter may have been at it: layout, quotes and trailing commas tell nothing. */
function isSame(existing: string | undefined, text: string): boolean {
  return existing !== undefined && bare(existing) === bare(text);
}

function bare(text: string): string {
  return text
    .replace(/,(?=\s*[)\]}])/g, '')
    .replace(/[\s"'`;()]/g, '')
    .replace(/(?<=[=<:])\|/g, '');
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function shown(file: string): string {
  return relative(process.cwd(), resolve(file));
}
