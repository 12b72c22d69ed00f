import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRedactor, type Redactor } from '@llmgine/core/redaction';
import type { HealthMonitor, HealthReport } from './health-monitor.ts';

/** Answers requests of `node:http`. */
export type HealthHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** How to answer. */
export interface HealthHandlerOptions {
  /**
   * Takes out what the errors of checks must not tell.
   * @default createRedactor()
   */
  readonly redact?: Redactor;
}

/**
 * Serves how an application is. A path that ends in `/live` asks whether to restart it, one in `/ready` whether to
 * send it work, one in `/lag` for the age of the oldest waiting event, any other for everything.
 * The status is 200 for yes and 503 for no.
 */
export function healthHandler(
  monitor: HealthMonitor,
  { redact = createRedactor() }: HealthHandlerOptions = {},
): HealthHandler {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    void monitor.report().then(
      (report) => answer(request, response, redact(report) as HealthReport),
      () => response.writeHead(500).end(),
    );
  };
}

function answer(request: IncomingMessage, response: ServerResponse, report: HealthReport): void {
  const [path = '/'] = (request.url ?? '/').split('?', 1); // not as a URL: anybody may ask for '//'
  const { ok, body } = answerFor(path, report);
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(ok ? 200 : 503, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function answerFor(
  path: string,
  report: HealthReport,
): { ok: boolean; body: Partial<HealthReport> } {
  const { live, ready, lagMs, queueSize } = report;
  if (path.endsWith('/live')) return { ok: live, body: { live } };
  if (path.endsWith('/lag')) return { ok: true, body: { lagMs, queueSize } };
  return { ok: ready, body: report };
}
