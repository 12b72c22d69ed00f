import { parseArgs } from 'node:util';
import { logLevels, type LogLevel } from '../records/log-level.ts';
import type { RecordFilter } from './record-filter.ts';

/** What the viewer was asked for. */
export interface ViewerArguments {
  /** `-` is standard input. */
  readonly files: readonly string[];
  readonly follow: boolean;
  readonly format: 'lines' | 'tree' | 'json';
  readonly filter: RecordFilter;
  readonly colour: boolean | undefined;
  readonly width: number | undefined;
  readonly help: boolean;
}

/** Where a file handler writes unless told otherwise. */
const DEFAULT_FILE = 'logs/llmgine.jsonl';

/** What `--help` shows. */
export const usage = `Shows what a bus did, from the file that its file handler writes.

Usage: llmgine-log [options] [FILE…]      (default ${DEFAULT_FILE}; - is standard input)

  -t, --tree               each conversation as a tree, with a time bar for every part
  -f, --follow             go on as the file grows
      --json               the records as they are

  -s, --session ID         of one session; its beginning is enough
  -c, --correlation ID     of one conversation; any piece of its id is enough
      --type PATTERN       of messages like chat.*
  -l, --level LEVEL        trace, debug, info, warn or error, and above (default trace)
      --since TIME         2026-11-22T17:00, or 15m, 2h, 1d ago
      --until TIME

      --colour, --no-colour
      --width COLUMNS
  -h, --help

Examples:
  llmgine-log --tree --since 10m
  llmgine-log --follow --level warn
  llmgine-log --tree --correlation 3f2a-7001
`;

const options = {
  tree: { type: 'boolean', short: 't', default: false },
  follow: { type: 'boolean', short: 'f', default: false },
  json: { type: 'boolean', default: false },
  session: { type: 'string', short: 's' },
  correlation: { type: 'string', short: 'c' },
  type: { type: 'string' },
  level: { type: 'string', short: 'l' },
  since: { type: 'string' },
  until: { type: 'string' },
  colour: { type: 'boolean' },
  width: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line. Gives its problems, all at once, when it cannot be understood. */
export function readArguments(
  argv: readonly string[],
  now: number,
): ViewerArguments | { readonly problems: readonly string[] } {
  try {
    return interpret(argv, now);
  } catch (thrown) {
    return { problems: [thrown instanceof Error ? thrown.message : String(thrown)] };
  }
}

function interpret(argv: readonly string[], now: number): ReturnType<typeof readArguments> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options,
    allowPositionals: true,
    allowNegative: true,
  });
  const problems: string[] = [];
  const level = values.level as LogLevel | undefined;
  if (level !== undefined && !logLevels.includes(level)) {
    problems.push(`--level must be one of ${logLevels.join(', ')}, got '${level}'`);
  }
  if (values.follow && positionals.length > 1) problems.push('--follow takes one file');
  if (values.tree && values.json) problems.push('--tree and --json exclude each other');
  const width = values.width === undefined ? undefined : Number(values.width);
  if (width !== undefined && !(width >= 40))
    problems.push(`--width must be at least 40, got '${values.width}'`);
  const since = instantOf('--since', values.since, { now, problems });
  const until = instantOf('--until', values.until, { now, problems });
  if (problems.length > 0) return { problems };

  return {
    files: positionals.length > 0 ? positionals : [DEFAULT_FILE],
    follow: values.follow,
    format: values.tree ? 'tree' : values.json ? 'json' : 'lines',
    filter: {
      session: values.session,
      correlation: values.correlation,
      type: values.type,
      level,
      since,
      until,
    },
    colour: values.colour,
    width,
    help: values.help,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function instantOf(
  name: string,
  text: string | undefined,
  { now, problems }: { now: number; problems: string[] },
): number | undefined {
  if (text === undefined) return undefined;
  const { count, unit } = /^(?<count>\d+)(?<unit>[smhd])$/.exec(text)?.groups ?? {};
  if (count !== undefined && unit !== undefined) return now - Number(count) * UNIT_MS[unit]!;
  const instant = Date.parse(text);
  if (Number.isNaN(instant))
    problems.push(`${name} must be a time or a span like 15m, got '${text}'`);
  return instant;
}
