import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetricsCollector } from './metrics-collector.ts';
import { metricsHandler } from './metrics-handler.ts';

const servers: ReturnType<typeof createServer>[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('metricsHandler', () => {
  it('11: serves the text format with its content type', async () => {
    const url = await serve(metricsHandler(createMetricsCollector()));

    const response = await fetch(url);

    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('# TYPE llmgine_queue_size gauge');
  });

  it('answers HEAD without a body and refuses other methods', async () => {
    const url = await serve(metricsHandler(createMetricsCollector()));

    const head = await fetch(url, { method: 'HEAD' });
    const post = await fetch(url, { method: 'POST' });

    expect([head.status, await head.text()]).toEqual([200, '']);
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('answers 500 when an instrument cannot be read', async () => {
    const collector = createMetricsCollector();
    collector.gauge({
      name: 'broken',
      help: 'Throws.',
      read: () => {
        throw new Error('broken');
      },
    });

    const response = await fetch(await serve(metricsHandler(collector)));

    expect(response.status).toBe(500);
  });
});
