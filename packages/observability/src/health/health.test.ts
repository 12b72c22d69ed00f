import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createMessageBus,
  defineEvent,
  typeOnly,
  type BusPhase,
  type BusReadings,
} from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { healthHandler } from './health-handler.ts';
import { createHealthMonitor, type HealthMonitor } from './health-monitor.ts';

const Said = defineEvent('said', { data: typeOnly<{ text: string }>() });

const busOf = (phase: BusPhase): BusReadings => ({
  phase: () => phase,
  queueSize: () => 0,
  oldestQueuedMs: () => 0,
});

describe('createHealthMonitor', () => {
  it('is ready while the bus runs, and not before or after', async () => {
    const monitor = createHealthMonitor();
    const bus = createMessageBus();
    bus.addObserver(monitor);

    const before = await monitor.report();
    await bus.start();
    const running = await monitor.report();
    await bus.stop();
    const after = await monitor.report();

    expect([before.bus, running.bus, after.bus]).toEqual(['idle', 'running', 'stopped']);
    expect([before.ready, running.ready, after.ready]).toEqual([false, true, false]);
  });

  it('gives the age of the oldest event that waits, not of those that are being handled', async () => {
    const clock = createFakeClock();
    const monitor = createHealthMonitor({ clock, maxLagMs: 5_000 });
    const bus = createMessageBus({ clock });
    bus.addObserver(monitor);
    const handled = Promise.withResolvers<void>();
    bus.registerEventHandler(Said, () => handled.promise);
    await bus.start();

    await bus.publish(Said({ text: 'first' }), { awaitProcessing: false });
    await clock.advanceAsync(1_000);
    const alone = await monitor.report();
    await bus.publish(Said({ text: 'behind it, in the same lane' }), { awaitProcessing: false });
    await clock.advanceAsync(6_000);
    const waiting = await monitor.report();
    handled.resolve();
    await bus.waitForEvents();
    const done = await monitor.report();

    expect(alone).toMatchObject({ lagMs: 0, queueSize: 0, ready: true });
    expect(waiting).toMatchObject({ lagMs: 6_000, queueSize: 1, ready: false });
    expect(done).toMatchObject({ lagMs: 0, queueSize: 0, ready: true });
    await bus.stop();
  });

  it('times what is queued from when it is added, not from the first question', async () => {
    const clock = createFakeClock();
    const monitor = createHealthMonitor({ clock });
    const bus = createMessageBus({ clock });
    bus.addObserver(monitor);

    await bus.publish(Said({ text: 'before the start' }), { awaitProcessing: false });
    await clock.advanceAsync(3_000);

    expect(await monitor.report()).toMatchObject({ lagMs: 3_000, queueSize: 1 });
  });

  it('knows a bus that runs already, and is not ready while that drains', async () => {
    const monitor = createHealthMonitor();
    const bus = createMessageBus();
    const handled = Promise.withResolvers<void>();
    bus.registerEventHandler(Said, () => handled.promise);
    await bus.start();
    bus.addObserver(monitor);
    await bus.publish(Said({ text: 'a' }), { awaitProcessing: false });

    const running = await monitor.report();
    const stopped = bus.stop();
    const draining = await monitor.report();
    handled.resolve();
    await stopped;

    expect([running.bus, running.ready]).toEqual(['running', true]);
    expect([draining.bus, draining.ready]).toEqual(['stopping', false]);
  });

  it('asks the bus when it is asked, and wants no signal', () => {
    expect(createHealthMonitor().signals).toEqual([]);
  });

  it('is not ready while a check fails or does not answer, and tells its signal that nobody waits', async () => {
    const clock = createFakeClock();
    let aborted = false;
    const monitor = createHealthMonitor({
      clock,
      checkTimeoutMs: 100,
      checks: {
        fine: () => {},
        broken: () => {
          throw new Error('no connection');
        },
        silent: (signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => (aborted = true));
          }),
      },
    });
    monitor.attach?.(busOf('running'));

    const report = monitor.report();
    await clock.advanceAsync(100);

    expect(await report).toMatchObject({
      live: true,
      ready: false,
      checks: {
        fine: { ok: true },
        broken: { ok: false, error: 'no connection' },
        silent: { ok: false, error: 'no answer within 100 ms' },
      },
    });
    expect(aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('names all wrong options at once', () => {
    expect(() => createHealthMonitor({ maxLagMs: 0, checkTimeoutMs: -1 })).toThrow(
      /maxLagMs .*; checkTimeoutMs /,
    );
  });
});

describe('healthHandler', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serve(monitor: HealthMonitor): Promise<string> {
    const server = createServer(healthHandler(monitor)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('answers 200 or 503: live, ready, lag, and all of it', async () => {
    const monitor = createHealthMonitor();
    const url = await serve(monitor);

    const answers = await Promise.all(
      ['/live', '/ready', '/lag', '/health'].map(async (path) => {
        const response = await fetch(url + path);
        return [response.status, Object.keys((await response.json()) as object)];
      }),
    );

    expect(answers).toEqual([
      [200, ['live']],
      [503, ['live', 'ready', 'bus', 'lagMs', 'queueSize', 'checks']],
      [200, ['lagMs', 'queueSize']],
      [503, ['live', 'ready', 'bus', 'lagMs', 'queueSize', 'checks']],
    ]);
    monitor.attach?.(busOf('running'));
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it('tells no secret that the error of a check holds', async () => {
    const monitor = createHealthMonitor({
      checks: {
        database: () => {
          throw new Error('cannot reach postgres://app:hunter2@db/x');
        },
      },
    });

    const text = await (await fetch(await serve(monitor))).text();

    expect(text).not.toContain('hunter2');
  });

  it('refuses other methods', async () => {
    const url = await serve(createHealthMonitor());

    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('answers a path that is no URL', async () => {
    const { port } = new URL(await serve(createHealthMonitor()));
    const asked = get({ port, host: '127.0.0.1', path: '//', timeout: 1_000 });

    const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage];

    expect(statusCode).toBe(503);
  });
});
