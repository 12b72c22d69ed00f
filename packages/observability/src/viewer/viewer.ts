import type { Readable } from 'node:stream';
import type { Clock } from '@llmgine/core/timing';
import { createPaint, wantsColour } from '../console/paint.ts';
import { toRecordLine } from '../console/record-line.ts';
import type { LogRecord } from '../records/log-record.ts';
import { readArguments, usage, type ViewerArguments } from './arguments.ts';
import { drawTrace, type DrawOptions } from './draw-trace.ts';
import { followFile } from './follow-file.ts';
import { linesOf, parseRecord, readLines } from './read-records.ts';
import { matcherOf } from './record-filter.ts';
import { TraceCollection } from './trace-collection.ts';

/** What the viewer has to do with the world. */
export interface ViewerWorld {
  readonly clock: Clock;
  readonly stdin: Readable;
  /** Resolves when more may be written. */
  readonly write: (text: string) => void | Promise<void>;
  readonly complain: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly offsetMinutes: (epochMs: number) => number;
  /** Ends a `--follow`. */
  readonly signal?: AbortSignal;
}

/** Without a terminal there is no width to fit. */
const WIDTH_ELSEWHERE = 120;

/** Runs the viewer and gives its exit code: 0, 1 when a file cannot be read, 2 when it was asked the wrong thing. */
export async function runViewer(argv: readonly string[], world: ViewerWorld): Promise<number> {
  const read = readArguments(argv, world.clock.now());
  if ('problems' in read) {
    world.complain(`llmgine-log: ${read.problems.join('; ')}\n`);
    return 2;
  }
  if (read.help) {
    await world.write(usage);
    return 0;
  }
  try {
    await show(read, world);
    return 0;
  } catch (thrown) {
    world.complain(`llmgine-log: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  }
}

async function show(asked: ViewerArguments, world: ViewerWorld): Promise<void> {
  const { environment, isTerminal, offsetMinutes } = world;
  const paint = createPaint(asked.colour ?? wantsColour({ isTerminal, environment }));
  const drawing = { paint, offsetMinutes, width: asked.width ?? world.columns ?? WIDTH_ELSEWHERE };
  if (asked.format === 'tree') return showTrees(asked, drawing, world);

  const matches = matcherOf(asked.filter);
  for await (const record of recordsOf(asked, world)) {
    if (!matches(record)) continue;
    await world.write(
      asked.format === 'json' ? `${JSON.stringify(record)}\n` : toRecordLine(record, drawing),
    );
  }
}

async function showTrees(
  asked: ViewerArguments,
  drawing: DrawOptions,
  world: ViewerWorld,
): Promise<void> {
  const traces = new TraceCollection(asked.filter);
  let shown = 0;
  const draw = async (drawn: string): Promise<void> => {
    if (drawn === '') return;
    await world.write(shown++ === 0 ? drawn : `\n${drawn}`);
  };
  for await (const record of recordsOf(asked, world)) {
    traces.add(record);
    const { correlation } = record;
    const ended =
      asked.follow && correlation !== undefined && traces.isEnd(record)
        ? traces.take(correlation)
        : traces.overflow();
    if (ended) await draw(drawTrace(ended, drawing));
  }
  for (const trace of traces.rest()) await draw(drawTrace(trace, drawing));
}

async function* recordsOf(
  { files, follow }: ViewerArguments,
  world: ViewerWorld,
): AsyncGenerator<LogRecord> {
  for (const file of files) {
    const lines =
      follow && file !== '-' ? linesOf(followFile(file, world)) : readLines(file, world.stdin);
    for await (const line of lines) {
      const record = parseRecord(line);
      if (record) yield record;
    }
  }
}
