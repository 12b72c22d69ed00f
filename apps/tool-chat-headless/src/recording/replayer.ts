import { readFileSync } from 'node:fs';
import type { EventPublisher } from '@llmgine/core';
import type { EngineTools } from '@llmgine/engine';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
  type ToolResult,
} from '@llmgine/tools';
import { UsageError } from '../usage-error.ts';
import type { RecordedToolEvent, RecordingHead, RecordingLine } from './recording.ts';

/** Answers for model and tools from a recording. */
export interface Replayer {
  readonly head: RecordingHead;
  readonly fetch: typeof globalThis.fetch;
  /** Tools that do nothing but tell what they told then. */
  tools(publisher: EventPublisher): EngineTools;
}

/** Reads a recording. @throws UsageError when it is none */
export function openReplayer(file: string): Replayer {
  const lines = readRecording(file);
  const [head] = lines;
  if (head?.type !== 'recording')
    throw new UsageError(`'${file}' is no recording. Make one with --record.`);
  const exchanges = lines.filter(({ type }) => type === 'exchange' || type === 'exchange.failed');
  const told = lines.filter((line): line is RecordedToolEvent => line.type.startsWith('tool.'));

  return {
    head,
    fetch: async () => {
      const next = exchanges.shift();
      if (next?.type === 'exchange.failed')
        throw Object.assign(new Error(next.message), { code: next.code });
      if (next?.type !== 'exchange') return endOfRecording();
      const { status, headers, body, broken } = next.response;
      return new Response(broken ? brokenStream(body) : body, { status, headers });
    },
    tools: (publisher) => createToldTools(head, told, publisher),
  };
}

function createToldTools(
  { tools }: RecordingHead,
  told: readonly RecordedToolEvent[],
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
    for (let next = told[at]; next && waiting.has(next.data.toolCallId); next = told[at]) {
      at += 1;
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

/** The same bytes, and then the same break. */
function brokenStream(body: string): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new TypeError('terminated'));
      else controller.enqueue(new TextEncoder().encode(body));
      sent = true;
    },
  });
}
