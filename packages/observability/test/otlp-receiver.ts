import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP/JSON carries it. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
  readonly events?: readonly {
    readonly name: string;
    readonly attributes?: OtlpSpan['attributes'];
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
}

/** Receives OTLP over HTTP and keeps what came. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: OtlpSpan[];
  /** Names of the metrics that came. */
  readonly metrics: Set<string>;
  /** Everything that came, as text. */
  readonly bodies: string[];
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: OtlpSpan[] = [];
  const metrics = new Set<string>();
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      bodies.push(body);
      const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body) as OtlpBody;
      spans.push(
        ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      for (const { scopeMetrics } of resourceMetrics) {
        for (const scope of scopeMetrics) for (const { name } of scope.metrics) metrics.add(name);
      }
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface OtlpBody {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: OtlpSpan[] }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** An attribute's value as plain JavaScript. */
export function attributesOf(span: Pick<OtlpSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: OtlpValue): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(plain);
  return value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue;
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Gives ids that are counted, so that spans can be put in the order in which they were started. */
export function createCountedIds() {
  let last = 0;
  return {
    generateTraceId: () => String(++last).padStart(32, '0'),
    generateSpanId: () => String(++last).padStart(16, '0'),
  };
}

/** Writes spans as a tree of lines, so that a whole trace can be compared at a glance. */
export function drawTree(
  spans: readonly OtlpSpan[],
  describe: (span: OtlpSpan) => string,
): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const inOrder = spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
  const roots = inOrder.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId));
  return roots.flatMap((root) => draw(root, ''));

  function draw(span: OtlpSpan, indent: string): string[] {
    const children = inOrder.filter(({ parentSpanId }) => parentSpanId === span.spanId);
    const line = `${indent}${span.name} (${kinds[span.kind]})${describe(span)}`;
    return [line, ...children.flatMap((child) => draw(child, `${indent}  `))];
  }
}
