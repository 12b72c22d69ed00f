import { readFileSync } from 'node:fs';
import type { EventPublisher } from '@llmgine/core';
import type { EngineTools } from '@llmgine/engine';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
  type ToolResult,
} from '@llmgine/tools';
import type { ApprovalQuestion } from '../approvals.ts';
import { UsageError } from '../usage-error.ts';
import type {
  RecordedInterrupt,
  RecordedRefusal,
  RecordedToolEvent,
  RecordingHead,
  RecordingLine,
} from './recording.ts';

/** Answers for model and tools from a recording. */
export interface Replayer {
  readonly head: RecordingHead;
  readonly fetch: typeof globalThis.fetch;
  /** Tools that do nothing but tell what they told then, and which call nobody approved. */
  tools(publisher: EventPublisher, unapproved: (question: ApprovalQuestion) => void): EngineTools;
}

/** Reads a recording; `interrupt` is called where somebody interrupted the run. @throws UsageError when it is none */
export function openReplayer(file: string, interrupt: () => void): Replayer {
  const lines = readRecording(file);
  const [head] = lines;
  if (head?.type !== 'recording')
    throw new UsageError(`'${file}' is no recording. Make one with --record.`);
  const exchanges = lines.filter(({ type }) => type === 'exchange' || type === 'exchange.failed');
  const told = lines.filter((line): line is Told => line.type.startsWith('tool.'));

  return {
    head,
    fetch: async (_input, init) => {
      const next = exchanges.shift();
      const signal = init?.signal ?? undefined;
      if (next?.type === 'exchange.failed') {
        if (next.ended === 'interrupted') interrupt();
        if (next.ended !== undefined) await aborted(signal);
        throw Object.assign(new Error(next.message), { code: next.code });
      }
      if (next?.type !== 'exchange') return endOfRecording();
      const { status, headers, body, ended, cause } = next.response;
      if (ended === undefined) return new Response(body, { status, headers });
      const end = async (): Promise<Error> => {
        if (ended === 'interrupted') interrupt();
        if (ended !== 'broken') await aborted(signal);
        return Object.assign(new Error(cause?.message), { code: cause?.code });
      };
      return new Response(endingStream(body, end), { status, headers });
    },
    tools: (publisher, unapproved) =>
      createToldTools({ head, told, interrupt, unapproved }, publisher),
  };
}

/** What is told while tools run. */
type Told = RecordedToolEvent | RecordedInterrupt | RecordedRefusal;

interface ToldTools {
  readonly head: RecordingHead;
  readonly told: readonly Told[];
  readonly interrupt: () => void;
  readonly unapproved: (question: ApprovalQuestion) => void;
}

function createToldTools(
  { head: { tools }, told, interrupt, unapproved }: ToldTools,
  publisher: EventPublisher,
): EngineTools {
  const waiting = new Map<string, ((result: ToolResult) => void)[]>();
  let at = 0;

  return {
    getTool: () => undefined,
    parseToolsToList: () => tools,
    executeToolCall: ({ id }) =>
      new Promise((resolve) => {
        waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
        tellOn();
      }),
  };

  /** Everything is told in the order of the recording, as far as the calls have come. */
  function tellOn(): void {
    for (let next = told[at]; next && isDue(next); next = told[at]) {
      at += 1;
      if (next.type === 'tool.interrupted') {
        interrupt();
        continue;
      }
      if (next.type === 'tool.unapproved') {
        unapproved(next.data);
        continue;
      }
      void publisher.publish(eventOf(next), { awaitProcessing: false }).catch(() => {});
      if (next.type !== 'tool.executed') continue;
      const { toolCallId, toolName, status, toolResult, repairs, durationMs } = next.data;
      const [resolve, ...others] = waiting.get(toolCallId)!;
      if (others.length > 0) waiting.set(toolCallId, others);
      else waiting.delete(toolCallId);
      resolve?.({
        callId: toolCallId,
        name: toolName,
        status,
        content: toolResult,
        repairs,
        durationMs,
      });
    }
  }

  function isDue(next: Told): boolean {
    return next.type === 'tool.interrupted' || waiting.has(next.data.toolCallId);
  }
}

function eventOf(told: RecordedToolEvent) {
  switch (told.type) {
    case 'tool.requested':
      return ToolCallRequestedEvent(told.data);
    case 'tool.approval':
      return ToolApprovalRequestedEvent(told.data);
    case 'tool.executed':
      return ToolExecuteResultEvent(told.data);
    default:
      return told satisfies never;
  }
}

function readRecording(file: string): RecordingLine[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new UsageError(
      `Cannot read the recording: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, index) => {
      try {
        return JSON.parse(line) as RecordingLine;
      } catch {
        throw new UsageError(`'${file}' is damaged in line ${index + 1}. Record it again.`);
      }
    });
}

function endOfRecording(): Response {
  const message = 'The recording ends here: the run asks for more than was recorded.';
  return Response.json({ error: { message, code: 'invalid_request' } }, { status: 400 });
}

/** The same bytes, and then the same end. */
function endingStream(body: string, end: () => Promise<Error>): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!sent) controller.enqueue(new TextEncoder().encode(body));
        else controller.error(await end());
        sent = true;
      },
    },
    { highWaterMark: 0 },
  );
}

/** Resolves when somebody else ends the exchange. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
