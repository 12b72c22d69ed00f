import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricsCollector } from './metrics-collector.ts';

/** Answers requests of `node:http`. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves what was measured as the text that Prometheus scrapes, on whatever path it is called for. */
export function metricsHandler({ registry }: Pick<MetricsCollector, 'registry'>): MetricsHandler {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    void answer(registry, request, response);
  };
}

async function answer(
  registry: MetricsCollector['registry'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, {
      'content-type': registry.contentType,
      'content-length': Buffer.byteLength(text),
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  } catch {
    // An instrument of the user's own that throws: the scrape fails, nothing else.
    response.writeHead(500, { 'content-type': 'text/plain' }).end('metrics unavailable\n');
  }
}
