import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@llmgine/core/timing';
import { ScriptMismatchError } from '../errors.ts';

/** A request as the server saw it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

/** What to answer. */
export interface ReplayResponse {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are written one by one, each in a packet of its own. */
  readonly body?:
    | string
    | Uint8Array
    | Iterable<string | Uint8Array>
    | AsyncIterable<string | Uint8Array>;
  /**
   * What comes after the body: its proper end, silence, or a broken connection.
   * @default 'end'
   */
  readonly afterwards?: 'end' | 'hang' | 'destroy';
}

/** A list of answers in turn, or a function that makes them. */
export type ReplayScript =
  | readonly ReplayResponse[]
  | ((request: ReceivedRequest) => ReplayResponse | Promise<ReplayResponse>);

/** An HTTP server on loopback that answers by a script. */
export interface ReplayServer extends AsyncDisposable {
  /** For a client, with `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly ReceivedRequest[];
  /** @throws ScriptMismatchError when answers of a list are left */
  assertComplete(): void;
  close(): Promise<void>;
}

/** Starts a server on loopback that answers with recorded or written HTTP exchanges. */
export async function startReplayServer(script: ReplayScript): Promise<ReplayServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    assertComplete() {
      const left = typeof script === 'function' ? 0 : script.length - requests.length;
      if (left > 0)
        throw new ScriptMismatchError(
          `${left} of ${requests.length + left} answers were never asked for.`,
        );
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  function close(): Promise<void> {
    closing ??= closeServer(server);
    return closing;
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await received(incoming);
    requests.push(request);
    const response =
      typeof script === 'function' ? await script(request) : script[requests.length - 1];
    await respond(outgoing, response ?? noMoreAnswers(requests.length));
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function received(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString('utf8');
  const { method = 'GET', url: path = '/', headers } = incoming;
  return { method, path, headers, body: parsedOr(text) };
}

async function respond(outgoing: ServerResponse, response: ReplayResponse): Promise<void> {
  const {
    status = 200,
    headers = { 'content-type': 'text/event-stream' },
    body = '',
    afterwards = 'end',
  } = response;
  outgoing.writeHead(status, headers);
  outgoing.flushHeaders();
  for await (const piece of piecesOf(body)) {
    if (outgoing.destroyed) return;
    if (piece.length > 0) outgoing.write(piece);
    await systemClock.yieldToIo();
  }
  if (afterwards === 'end') outgoing.end();
  if (afterwards === 'destroy') outgoing.destroy();
}

function piecesOf(
  body: NonNullable<ReplayResponse['body']>,
): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
}

function noMoreAnswers(count: number): ReplayResponse {
  return jsonResponse(
    { error: { message: `The script has no answer to request ${count}.` } },
    { status: 400 },
  );
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** An answer of one JSON body. */
export function jsonResponse(
  body: unknown,
  response: Omit<ReplayResponse, 'body'> = {},
): ReplayResponse {
  return {
    ...response,
    headers: { 'content-type': 'application/json', ...response.headers },
    body: JSON.stringify(body),
  };
}
