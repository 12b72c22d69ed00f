import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessageBus } from '@llmgine/core';
import { expect, it } from 'vitest';
import { openServices } from './services.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('15.5 serves metrics and health on the port for metrics', async () => {
  await using opened = new AsyncDisposableStack();
  const metricsPort = await freePort();
  const services = await openServices({ metricsPort, otel: false }, opened);
  const bus = opened.use(createMessageBus(services.busOptions));
  services.attach(bus);
  const ready = async () => (await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).status;

  const before = await ready();
  await bus.start();
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);

  expect([before, await ready()]).toEqual([503, 200]);
  expect(await metrics.text()).toContain('llmgine_events_published_total');
});
