import { openSync, writeSync, closeSync } from 'node:fs';
import { createRedactor } from '@llmgine/core/redaction';
import type { HandlerRegistrar } from '@llmgine/core';
import type { ToolApprovalRequestedData } from '@llmgine/core/vocabulary';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
} from '@llmgine/tools';
import { UsageError } from '../usage-error.ts';
import { RecordedExchanges } from './recorded-exchanges.ts';
import type { RecordingHead, RecordingLine } from './recording.ts';

/** Keeps what a run exchanges with model and tools. */
export interface Recorder extends Disposable {
  begin(head: Omit<RecordingHead, 'type' | 'version'>): void;
  /** Carries exchanges and keeps them. */
  readonly fetch: typeof globalThis.fetch;
  /** Keeps the tool events of a session. */
  watch(session: HandlerRegistrar): void;
  /** Somebody interrupts the run now. */
  interrupted(): void;
  /** A call needs somebody's word, and nobody can be asked. */
  unapproved(question: ToolApprovalRequestedData): void;
}

/** Starts a recording in a new file; `secrets`, and what looks like one, are hidden wherever they show. @throws UsageError */
export function createRecorder(file: string, secrets: readonly string[]): Recorder {
  const descriptor = openForWriting(file);
  const redact = createRedactor();
  const exchanges = new RecordedExchanges(write);

  return {
    begin: (head) => write({ type: 'recording', version: 1, ...head }),
    fetch: (input, init) => exchanges.fetch(input, init),
    watch(session) {
      session.registerEventHandler(ToolCallRequestedEvent, ({ data }) =>
        write({ type: 'tool.requested', data: redact(data) as typeof data }),
      );
      session.registerEventHandler(ToolApprovalRequestedEvent, ({ data }) =>
        write({ type: 'tool.approval', data: redact(data) as typeof data }),
      );
      session.registerEventHandler(ToolExecuteResultEvent, ({ data }) =>
        write({ type: 'tool.executed', data: redact(data) as typeof data }),
      );
    },
    interrupted() {
      if (!exchanges.interrupt()) write({ type: 'tool.interrupted' });
    },
    unapproved: (data) => write({ type: 'tool.unapproved', data: redact(data) as typeof data }),
    [Symbol.dispose]: () => closeSync(descriptor),
  };

  function write(line: RecordingLine): void {
    let text = JSON.stringify(line);
    for (const secret of secrets) {
      text = text.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]');
    }
    writeSync(descriptor, `${text}\n`);
  }
}

function openForWriting(file: string): number {
  try {
    return openSync(file, 'w', 0o600);
  } catch (thrown) {
    throw new UsageError(
      `Cannot write the recording: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
}
