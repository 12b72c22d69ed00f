import type { UnderlyingSource } from 'node:stream/web';
import { createRedactor } from '@llmgine/core/redaction';
import type { RecordingLine } from './recording.ts';

/** Headers of an answer that decide how it is read. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'x-litellm-response-cost'];

type Ended = 'broken' | 'interrupted' | 'left';

const redact = createRedactor();

/** Carries exchanges with the endpoint, and writes each down when it is over. */
export class RecordedExchanges {
  readonly #write: (line: RecordingLine) => void;
  #open = 0;
  #interrupted = false;

  constructor(write: (line: RecordingLine) => void) {
    this.#write = write;
  }

  /** Somebody interrupts what goes on. False: no exchange does. */
  interrupt(): boolean {
    this.#interrupted = this.#open > 0;
    return this.#interrupted;
  }

  async fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const signal = init?.signal ?? undefined;
    const request = {
      method: init?.method ?? 'GET',
      path: new URL(input instanceof Request ? input.url : input).pathname,
      body: redact(parsedOr(init?.body)),
    };
    this.#open += 1;
    this.#interrupted = false;
    try {
      const response = await fetch(input, init);
      return keepingBody(response, ({ body, whole, thrown }) => {
        const { status } = response;
        const answer = { status, headers: keptHeaders(response), body: redactedBody(body) };
        const ended = whole ? {} : this.#endOf(signal, thrown);
        this.#open -= 1;
        this.#write({ type: 'exchange', request, response: { ...answer, ...ended } });
      });
    } catch (thrown) {
      const ended = this.#endedBy(signal);
      this.#open -= 1;
      const ours = ended === 'broken' ? {} : { ended };
      this.#write({ type: 'exchange.failed', ...causeOf(thrown), ...ours });
      throw thrown;
    }
  }

  #endOf(signal: AbortSignal | undefined, thrown: unknown) {
    const ended = this.#endedBy(signal);
    return { ended, ...(ended === 'broken' && { cause: causeOf(thrown) }) };
  }

  #endedBy(signal: AbortSignal | undefined): Ended {
    if (this.#interrupted) return 'interrupted';
    return signal?.aborted ? 'left' : 'broken';
  }
}

function keptHeaders({ headers }: Response): Record<string, string> {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}

interface KeptBody {
  readonly body: string;
  /** False: it did not come to its end. */
  readonly whole: boolean;
  readonly thrown?: unknown;
}

/** Passes a body on as it is asked for, so that no more is kept than was read, and tells it when it is over. */
function keepingBody(response: Response, keep: (kept: KeptBody) => void): Response {
  const { body, status, statusText, headers } = response;
  if (!body) {
    keep({ body: '', whole: true });
    return response;
  }
  const decoder = new TextDecoder();
  let text = '';
  let told = false;
  const tell = (end: Omit<KeptBody, 'body'>): void => {
    if (!told) keep({ body: text + decoder.decode(), ...end });
    told = true;
  };
  const reader = body.getReader();
  const source: UnderlyingSource<Uint8Array> = {
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          tell({ whole: true });
          controller.close();
          return;
        }
        text += decoder.decode(value, { stream: true });
        controller.enqueue(value);
      } catch (thrown) {
        tell({ whole: false, thrown });
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      tell({ whole: text.includes('[DONE]') });
      await reader.cancel(reason);
    },
  };
  const passed = new ReadableStream(source, { highWaterMark: 0 });
  return new Response(passed, { status, statusText, headers });
}

/** Hides what looks like a secret, event by event, so that each stays what it is. */
function redactedBody(body: string): string {
  if (parsedOr(body) !== body) return JSON.stringify(redact(JSON.parse(body)));
  return body.split('\n').map(redactedLine).join('\n');
}

function redactedLine(line: string): string {
  const [, field = '', data = line, ending = ''] = /^(data: ?)(.*?)(\r?)$/.exec(line) ?? [];
  const parsed = parsedOr(data);
  return parsed === data ? String(redact(line)) : field + JSON.stringify(redact(parsed)) + ending;
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
