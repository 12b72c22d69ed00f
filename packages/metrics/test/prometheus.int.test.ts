import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetricsCollector, metricsHandler } from '../src/index.ts';
import { aBusAtWork, aModelCall, aToolCall } from './bus-at-work.ts';

// Debian's package `prometheus` has both programs. Without them these tests are skipped, except where CI says that it
// could have installed the package: there a skipped test would look like a passed one.
const found = spawnSync('prometheus', ['--version']).status === 0;
const isExpected = process.env['LLMGINE_EXPECT_PROMETHEUS'] === '1';
const rules = new URL('../../../docs/operations/alerts.rules.yml', import.meta.url).pathname;
const ruleTests = new URL('../../../docs/operations/alerts.test.yml', import.meta.url).pathname;

describe.runIf(isExpected)('this machine', () => {
  it('has the Prometheus that CI says it can have', () => {
    expect(found).toBe(true);
  });
});

describe.skipIf(!found)('promtool', () => {
  it('finds nothing to complain about in the metrics of a working bus', async () => {
    const collector = createMetricsCollector();
    for (const signal of [...aBusAtWork(), ...aModelCall(), ...aToolCall()])
      collector.observe(signal);

    const checked = spawnSync('promtool', ['check', 'metrics'], {
      input: await collector.registry.metrics(),
      encoding: 'utf8',
    });

    expect(checked.stderr + checked.stdout).toBe('');
    expect(checked.status).toBe(0);
  });

  it('accepts the alert rules, and they fire when they should', () => {
    const checked = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
    const tested = spawnSync('promtool', ['test', 'rules', ruleTests], { encoding: 'utf8' });

    expect(checked).toMatchObject({ status: 0, stderr: '' });
    expect(tested).toMatchObject({ status: 0, stderr: '' });
  });
});

describe.skipIf(!found)('a Prometheus that scrapes a bus', () => {
  const directory = mkdtempSync(join(tmpdir(), 'llmgine-prometheus-'));
  const collector = createMetricsCollector();
  let app: Server;
  let prometheus: ChildProcess;
  let url: string;

  beforeAll(async () => {
    for (const signal of [...aBusAtWork(), ...aModelCall(), ...aToolCall()])
      collector.observe(signal);
    app = createServer(metricsHandler(collector)).listen(0, '127.0.0.1');
    await once(app, 'listening');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    writeFileSync(
      join(directory, 'prometheus.yml'),
      configFor((app.address() as AddressInfo).port),
    );
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    await until(async () => (await query('up == 1')).length === 1);
  }, 60_000);

  afterAll(async () => {
    prometheus.kill();
    if (prometheus.exitCode === null) await once(prometheus, 'exit');
    app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('answers how many events there were', async () => {
    expect(await query('sum(llmgine_events_published_total)')).toEqual(['5']);
  });

  it('answers how large the share of failed commands is', async () => {
    expect(
      await query('sum(llmgine_commands_failed_total) / sum(llmgine_commands_processed_total)'),
    ).toEqual(['0.5']);
  });

  it('answers a quantile of durations from the buckets', async () => {
    const [p50] = await query(
      'histogram_quantile(0.5, sum by (le) (llmgine_tool_call_duration_seconds_bucket))',
    );

    expect(Number(p50)).toBeGreaterThan(0.1);
    expect(Number(p50)).toBeLessThanOrEqual(0.25);
  });

  it('answers what a model cost', async () => {
    expect(await query('llmgine_model_cost_dollars_total{model="gpt-test"}')).toEqual(['0.0042']);
  });

  async function query(expression: string): Promise<string[]> {
    const response = await fetch(
      `${url}/api/v1/query?query=${encodeURIComponent(expression)}`,
    ).catch(() => undefined);
    if (!response?.ok) return [];
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.map(({ value }) => value[1]);
  }
});

function configFor(port: number): string {
  return [
    'global: { scrape_interval: 200ms, scrape_timeout: 200ms }',
    `scrape_configs: [{ job_name: llmgine, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]`,
    `rule_files: ['${rules}']`,
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
