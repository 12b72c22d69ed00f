import type { Clock } from '@llmgine/core/timing';
import type { OutputFormat } from '../arguments.ts';
import { createJsonOutput } from './json-output.ts';
import { createJsonlOutput } from './jsonl-output.ts';
import type { ChatOutput } from './output.ts';
import { createSpinner } from './spinner.ts';
import type { OutputStreams } from './streams.ts';
import { createTextOutput } from './text-output.ts';

/** How and where to write. */
export interface OutputOptions {
  readonly format: OutputFormat;
  readonly streams: OutputStreams;
  /** False: no colours even on a terminal. */
  readonly color: boolean;
  readonly clock: Clock;
}

/** Makes the output of a format. */
export function createOutput({ format, streams, color, clock }: OutputOptions): ChatOutput {
  switch (format) {
    case 'json':
      return createJsonOutput(streams);
    case 'jsonl':
      return createJsonlOutput(streams);
    case 'text': {
      const spinner = createSpinner({ sink: streams.stderr, clock });
      return createTextOutput({ streams, spinner, color: color && streams.stderr.isTTY === true });
    }
    default:
      return format satisfies never;
  }
}
