import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { jsonResponse, startReplayServer, type ReplayResponse } from '@llmgine/llm/testing';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { against, home, KEY, run, type Ran } from './program.ts';

const SESSION = join(home, 'sessions', 'session%2Fkept.jsonl');

/** Asks in a session that has gone well so far, and sees to it that nothing of it is lost. */
async function askInSession(url: string, ...args: readonly string[]): Promise<Ran> {
  const before = readFileSync(SESSION, 'utf8');
  const ran = await run(['--resume', 'kept', '--output', 'jsonl', ...args, 'hi'], against(url));
  expect(readFileSync(SESSION, 'utf8').startsWith(before)).toBe(true);
  return ran;
}

/** One line of why and what to do, at the end of JSON lines and without a secret. */
function expectReason({ lines, stderr }: Ran, exitCode: number, ...parts: readonly string[]): void {
  const last = lines.at(-1)!;
  expect(lines[0]).toMatchObject({ type: 'init' });
  expect(last).toMatchObject({ type: 'result', success: false, exitCode });
  const { message } = last['error'] as { message: string };
  for (const part of parts) expect(message).toContain(part);
  expect(message).not.toContain('\n');
  expect(JSON.stringify(lines)).not.toContain(KEY);
  expect(stderr).not.toContain('    at ');
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function failing(status: number, error: object, headers: Record<string, string> = {}) {
  return jsonResponse({ error }, { status, headers });
}

describe('llmgine-chat and what an endpoint can do to it', () => {
  beforeAll(async () => {
    await run(['--session', 'kept', 'weather in Oslo?']);
  });

  it.each<[string, ReplayResponse, ...string[]]>([
    [
      'a wrong key',
      failing(401, { message: `Incorrect API key provided: ${KEY}` }),
      'Incorrect API key',
      'Check OPENAI_API_KEY',
    ],
    [
      'an unknown model',
      failing(404, { message: "The model 'x' does not exist" }),
      "'x' does not exist",
      'Check OPENAI_MODEL',
    ],
    [
      'two hours of Retry-After',
      failing(429, { message: 'Slow down' }, { 'retry-after': '7200' }),
      'Slow down',
      'Try again in 2 h',
    ],
    [
      'context overflow',
      failing(400, { message: 'maximum context length is 8' }),
      'maximum context length is 8',
      'Start a new session',
    ],
    [
      'half an answer',
      { body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', afterwards: 'destroy' },
      'Check OPENAI_BASE_URL',
    ],
    [
      'half an answer that ends properly',
      { body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n' },
      'broke off',
      'Try again',
    ],
    [
      'no endpoint at all',
      { headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' },
      'not of the Chat Completions protocol',
      '/v1',
    ],
  ])('exits with 1 and one line for %s', async (_name, response, ...parts) => {
    await using server = await startReplayServer(() => response);

    const ran = await askInSession(server.baseUrl);

    expect(ran.code).toBe(1);
    expectReason(ran, 1, ...parts);
  });

  it.each([
    ['a refused connection', 'http://127.0.0.1:2/v1', 'ECONNREFUSED'],
    ['a name that leads nowhere', 'http://no.such.host.invalid/v1', 'no.such.host.invalid'],
  ])('exits with 1 and one line for %s', async (_name, url, part) => {
    const ran = await askInSession(url);

    expect(ran.code).toBe(1);
    expectReason(ran, 1, part, 'Check OPENAI_BASE_URL and the network');
  });

  it('exits with 1 and names the certificate that nobody vouches for', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
    const place = await listening(createTlsServer({ key, cert }));

    const ran = await askInSession(`https://${place}`);

    expect(ran.code).toBe(1);
    expectReason(ran, 1, 'SELF_SIGNED', 'NODE_EXTRA_CA_CERTS');
  });

  it('exits with 1 and says so when the server does not speak TLS', async () => {
    await using server = await startReplayServer(() => jsonResponse({}));

    const ran = await askInSession(server.baseUrl.replace('http:', 'https:'));

    expect(ran.code).toBe(1);
    expectReason(ran, 1, 'ERR_SSL_WRONG_VERSION_NUMBER wrong version number.', 'http or https');
  });

  it('exits with 3 and names --timeout when a server accepts and says nothing', async () => {
    const place = await listening(createServer());

    const ran = await askInSession(`http://${place}`, '--timeout', '0.3');

    expect(ran.code).toBe(3);
    expectReason(ran, 3, 'the time is over (--timeout)', 'alive');
    expect(ran.lines.at(-1)).toMatchObject({ stopReason: 'budget' });
  });

  it.each([
    ['not-an-address', 'web address'],
    ['ftp://host/v1', 'web address'],
    ['http://user:hunter2@127.0.0.1:2/v1', 'OPENAI_API_KEY'],
  ])('15.5 exits with 2 for the address %s and asks nobody', async (url, part) => {
    const ran = await askInSession(url);

    expect(ran.code).toBe(2);
    expectReason(ran, 2, 'OPENAI_BASE_URL', part);
    expect(JSON.stringify(ran.lines)).not.toContain('hunter2');
  });

  it('15.5 exits with 2 for a key that no header can carry, and does not show it', async () => {
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:2/v1', OPENAI_API_KEY: 'hunter2\nclé' };

    const ran = await run(['--output', 'jsonl', 'hi'], { env });

    expect(ran.code).toBe(2);
    expectReason(ran, 2, 'OPENAI_API_KEY');
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
  });

  it.each([[[]], [['--input', 'jsonl']]])('says that input of %j is not UTF-8', async (args) => {
    const input = Buffer.from([0xff, 0xfe, 0x41]);

    const ran = await run([...args, '--output', 'jsonl'], { input });

    expect(ran.code).toBe(2);
    expectReason(ran, 2, 'UTF-8', 'iconv');
  });
});
