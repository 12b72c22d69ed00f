import { openSync, writeSync, closeSync } from 'node:fs';
import { createRedactor } from '@llmgine/core/redaction';
import type { HandlerRegistrar } from '@llmgine/core';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
} from '@llmgine/tools';
import { UsageError } from '../usage-error.ts';
import type { RecordingHead, RecordingLine } from './recording.ts';

/** Headers of an answer that decide how it is read. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'x-litellm-response-cost'];

/** Keeps what a run exchanges with model and tools. */
export interface Recorder extends Disposable {
  begin(head: Omit<RecordingHead, 'type' | 'version'>): void;
  /** Carries exchanges and keeps them. */
  readonly fetch: typeof globalThis.fetch;
  /** Keeps the tool events of a session. */
  watch(session: HandlerRegistrar): void;
}

/** Starts a recording in a new file; `secrets` are hidden wherever they show. @throws UsageError */
export function createRecorder(file: string, secrets: readonly string[]): Recorder {
  const descriptor = openForWriting(file);

  return {
    begin: (head) => write({ type: 'recording', version: 1, ...head }),
    fetch: recordingFetch(write),
    watch(session) {
      session.registerEventHandler(ToolCallRequestedEvent, ({ data }) =>
        write({ type: 'tool.requested', data }),
      );
      session.registerEventHandler(ToolApprovalRequestedEvent, ({ data }) =>
        write({ type: 'tool.approval', data }),
      );
      session.registerEventHandler(ToolExecuteResultEvent, ({ data }) =>
        write({ type: 'tool.executed', data }),
      );
    },
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

function recordingFetch(write: (line: RecordingLine) => void): typeof globalThis.fetch {
  const redact = createRedactor();

  return async (input, init) => {
    const request = {
      method: init?.method ?? 'GET',
      path: new URL(input instanceof Request ? input.url : input).pathname,
      body: redact(parsedOr(init?.body)),
    };
    try {
      const response = await fetch(input, init);
      return keepingBody(response, (body, broken) => {
        const { status } = response;
        const headers = keptHeaders(response);
        const answer = { status, headers, body, ...(broken && { broken }) };
        write({ type: 'exchange', request, response: answer });
      });
    } catch (thrown) {
      write({ type: 'exchange.failed', ...causeOf(thrown) });
      throw thrown;
    }
  };
}

function keptHeaders({ headers }: Response): Record<string, string> {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
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

/** Passes a body on as it comes and tells it when it is over. */
function keepingBody(response: Response, keep: (body: string, broken: boolean) => void): Response {
  const { body, status, statusText, headers } = response;
  if (!body) {
    keep('', false);
    return response;
  }
  const decoder = new TextDecoder();
  let text = '';
  let told = false;
  const tell = (broken: boolean): void => {
    if (!told) keep(text + decoder.decode(), broken);
    told = true;
  };
  const reader = body.getReader();
  const passed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          tell(false);
          controller.close();
          return;
        }
        text += decoder.decode(value, { stream: true });
        controller.enqueue(value);
      } catch (thrown) {
        tell(true);
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      tell(!text.includes('[DONE]'));
      await reader.cancel(reason);
    },
  });
  return new Response(passed, { status, statusText, headers });
}

function parsedOr(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function causeOf(thrown: unknown): { code: string; message: string } {
  let innermost = thrown;
  while (innermost instanceof Error && innermost.cause instanceof Error)
    innermost = innermost.cause;
  const { code, message } = innermost as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : '', message: String(message ?? innermost) };
}
