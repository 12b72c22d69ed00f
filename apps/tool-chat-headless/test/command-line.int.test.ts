import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  completionChunks,
  jsonResponse,
  sseResponse,
  startReplayServer,
} from '@llmgine/llm/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../src/main.ts');
let home = '';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'llmgine-chat-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: Record<string, unknown>[];
}

interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
  /** Called when stdout holds this. */
  readonly when?: readonly [string, (kill: (signal: NodeJS.Signals) => void) => void];
}

async function run(
  args: readonly string[],
  { input = '', env = {}, when }: RunOptions = {},
): Promise<Ran> {
  const { OPENAI_API_KEY: _k, OPENAI_BASE_URL: _u, OPENAI_MODEL: _m, ...rest } = process.env;
  const child = spawn(process.execPath, ['--conditions=@llmgine/source', main, ...args], {
    env: {
      ...rest,
      NODE_OPTIONS: '',
      NODE_COMPILE_CACHE: join(tmpdir(), 'llmgine-compiled'),
      LLMGINE_CHAT_HOME: home,
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  let waiting = when;
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString();
    if (!waiting || !stdout.includes(waiting[0])) return;
    const [, then] = waiting;
    waiting = undefined;
    then((signal) => child.kill(signal));
  });
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = stdout.startsWith('{')
    ? stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];
  return { code, stdout, stderr, lines };
}

function against(baseUrl: string): RunOptions {
  return { env: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'sk-secret-key-1234567890' } };
}

describe('llmgine-chat', () => {
  it('answers with tools, without a key, and says that it is a demo', async () => {
    const { code, stdout, stderr } = await run([
      "What's the weather in Kyoto? Then calculate 12*12.",
    ]);

    expect(code).toBe(0);
    expect(stdout).toContain('144');
    expect(stdout).toContain('Kyoto');
    expect(stdout).not.toContain('Demo model');
    expect(stderr).toContain('Demo model');
    expect(stderr).toContain('→ calculate');
    expect(stderr).not.toContain('\u001B');
  });

  it('reads the prompt from the standard input', async () => {
    expect((await run([], { input: 'what is 6*7?' })).stdout).toContain('42');
  });

  it('gives one JSON object', async () => {
    const { lines } = await run(['--output', 'json', 'what is 6*7?']);

    expect(lines).toMatchObject([
      { type: 'result', success: true, exitCode: 0, stopReason: 'answered', steps: 2 },
    ]);
  });

  it('15.5 begins JSON lines with init and ends them with result', async () => {
    const { lines } = await run(['--output', 'jsonl', 'what is 6*7?']);

    expect(lines[0]).toMatchObject({ type: 'init', model: 'demo-rules' });
    expect(lines.at(-1)).toMatchObject({ type: 'result', success: true });
    expect(new Set(lines.map(({ type }) => type))).toContain('tool.result');
  });

  it.each([
    [['--bogus']],
    [['--max-steps', '0', 'hi']],
    [['--session', 'a', '--resume', 'b', 'hi']],
    [['--session', '../x', 'hi']],
    [['--resume', 'nope', 'hi']],
    [['--replay', '/no/such/file', 'hi']],
    [['--record', '/no/such/dir/file', 'hi']],
    [['--mcp', '/no/such/file', 'hi']],
    [['']],
  ])('15.5 exits with 2 and a reason for %j', async (args) => {
    const { code, stderr, lines } = await run([...args, '--output', 'jsonl']);

    expect(code).toBe(2);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      exitCode: 2,
      error: { message: expect.any(String) },
    });
    expect(stderr).not.toContain('    at ');
  });

  it('says that input is not UTF-8', async () => {
    const { code, stderr } = await run([], { input: Buffer.from([0xff, 0xfe, 0x41]) });

    expect(code).toBe(2);
    expect(stderr).toContain('UTF-8');
  });

  it.each([
    [
      'a wrong key',
      jsonResponse({ error: { message: 'Incorrect API key' } }, { status: 401 }),
      'OPENAI_API_KEY',
    ],
    [
      'an unknown model',
      jsonResponse({ error: { message: 'no such model' } }, { status: 404 }),
      'OPENAI_MODEL',
    ],
    [
      'two hours of Retry-After',
      jsonResponse(
        { error: { message: 'slow' } },
        { status: 429, headers: { 'retry-after': '7200' } },
      ),
      'in 2 h',
    ],
    [
      'context overflow',
      jsonResponse({ error: { message: 'maximum context length is 8' } }, { status: 400 }),
      'new session',
    ],
    [
      'no endpoint at all',
      { headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' },
      '/v1',
    ],
  ])('exits with 1 and one line for %s', async (_name, response, advice) => {
    await using server = await startReplayServer(() => response);

    const { code, lines, stderr } = await run(['--output', 'jsonl', 'hi'], against(server.baseUrl));

    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      success: false,
      error: { message: expect.stringContaining(advice) },
    });
    expect(JSON.stringify(lines.at(-1))).not.toContain('sk-secret');
    expect(stderr).not.toContain('    at ');
  });

  it('exits with 1 for half an answer, a refused connection and a name that leads nowhere', async () => {
    await using half = await startReplayServer(() => ({
      body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
      afterwards: 'destroy',
    }));
    for (const url of [half.baseUrl, 'http://127.0.0.1:2/v1', 'http://no.such.host.invalid/v1']) {
      const { code, lines } = await run(
        ['--output', 'jsonl', '--timeout', '20', 'hi'],
        against(url),
      );
      expect(code).toBe(1);
      expect(lines.at(-1)).toMatchObject({
        type: 'result',
        error: { code: 'LLMGINE_MODEL:connection' },
      });
    }
  }, 60_000);

  it('exits with 1 and says what TLS found when it cannot be spoken', async () => {
    await using server = await startReplayServer(() => jsonResponse({}));
    const url = server.baseUrl.replace('http:', 'https:');

    const { code, lines } = await run(['--output', 'jsonl', 'hi'], against(url));

    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      error: {
        code: 'LLMGINE_MODEL:connection',
        message: expect.stringMatching(/ssl|tls|EPROTO/i),
      },
    });
  });

  it('exits with 3 when a server accepts and says nothing until --timeout', async () => {
    await using server = await startReplayServer(() => ({ afterwards: 'hang' }));

    const { code, lines } = await run(
      ['--output', 'jsonl', '--timeout', '0.3', 'hi'],
      against(server.baseUrl),
    );

    expect(code).toBe(3);
    expect(lines.at(-1)).toMatchObject({ stopReason: 'budget' });
  });

  it('15.5 exits with 3 at a limit', async () => {
    const { code, lines } = await run(['--output', 'jsonl', '--max-steps', '1', 'what is 6*7?']);

    expect(code).toBe(3);
    expect(lines.at(-1)).toMatchObject({ stopReason: 'stepLimit' });
  });

  it('15.5 exits with 4 when a tool needs an approval and nobody can give it', async () => {
    const { code, lines } = await run(['--output', 'jsonl', 'fetch https://example.com/']);

    expect(code).toBe(4);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      error: { message: expect.stringContaining('--approve always') },
    });
  });

  it('tells the model no with --approve never', async () => {
    const { code, lines } = await run([
      '--output',
      'jsonl',
      '--approve',
      'never',
      'fetch https://example.com/',
    ]);

    expect(code).toBe(0);
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'tool.result', status: 'denied' }),
    );
  });

  it('takes prompts and approvals as JSON lines', async () => {
    const input = [
      '{"prompt":"fetch https://example.com/"}',
      '{"type":"approval","toolCallId":"call_demo_1","decision":"deny","reason":"no thanks"}',
      '{"prompt":"what is 6*7?"}',
    ].join('\n');

    const { code, lines } = await run(['--input', 'jsonl', '--output', 'jsonl'], { input });

    expect(code).toBe(0);
    expect(lines.filter(({ type }) => type === 'turn')).toMatchObject([
      { text: expect.stringContaining('no thanks') },
      { text: expect.stringContaining('42') },
    ]);
  });

  it('goes on after a line that is no JSON, and says so', async () => {
    const { code, lines } = await run(['--input', 'jsonl', '--output', 'jsonl'], {
      input: 'nonsense\n{"prompt":"what is 6*7?"}\n',
    });

    expect(code).toBe(2);
    expect(lines.filter(({ type }) => type === 'turn')).toMatchObject([
      { error: { code: 'BAD_INPUT' } },
      { success: true },
    ]);
  });

  it('15.5 keeps a session, lists it and goes on with it', async () => {
    await run(['--session', 'trip', 'weather in Oslo?']);
    await run(['--resume', 'trip', 'what is 6*7?']);

    const { lines } = await run(['--list', '--output', 'jsonl']);

    expect(lines).toContainEqual({
      type: 'session',
      sessionId: 'trip',
      messages: 8,
      firstPrompt: 'weather in Oslo?',
    });
    expect(readdirSync(join(home, 'sessions')).filter((name) => name.startsWith('run'))).toEqual(
      [],
    );
  });

  it('reads a session whose file was cut in the middle', async () => {
    await run(['--session', 'cut', 'weather in Oslo?']);
    const file = join(home, 'sessions', 'session%2Fcut.jsonl');
    await run(['--resume', 'cut', 'weather in Paris?']);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 25));

    expect((await run(['--resume', 'cut', 'what is 6*7?'])).stdout).toContain('42');
  });

  it('names the file and line of a session that is damaged', async () => {
    await run(['--session', 'bad', 'weather in Oslo?']);
    const file = join(home, 'sessions', 'session%2Fbad.jsonl');
    appendFileSync(file, 'garbage\n');

    const { code, stderr } = await run(['--resume', 'bad', 'hi']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/damaged in line \d+/);
  });

  it('replays a recording to the same bytes, offline and without secrets', async () => {
    const file = join(home, 'run.jsonl');
    await using server = await startReplayServer([
      sseResponse(
        completionChunks({
          toolCalls: [
            { id: 'a', name: 'calculate', arguments: '{"expression":"6*7"}' },
            { id: 'b', name: 'get_weather', arguments: '{"city":"Oslo"}' },
          ],
        }),
      ),
      sseResponse(completionChunks({ deltas: ['It is ', '42, sk-secret-key-1234567890 é日🙂'] })),
    ]);
    const recorded = await run(
      ['--output', 'jsonl', '--record', file, 'what is 6*7?'],
      against(server.baseUrl),
    );
    await server.close();

    const replayed = await run(['--output', 'jsonl', '--replay', file, 'what is 6*7?']);

    expect(recorded.code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain('sk-secret-key');
    expect(replayed.stdout).toBe(
      recorded.stdout.replaceAll('sk-secret-key-1234567890', '[redacted]'),
    );
    expect(server.requests).toHaveLength(2);
  });

  it('replays failures, too', async () => {
    const file = join(home, 'failed.jsonl');
    await using server = await startReplayServer(() =>
      jsonResponse({ error: { message: 'Incorrect API key' } }, { status: 401 }),
    );
    const recorded = await run(
      ['--output', 'jsonl', '--record', file, 'hi'],
      against(server.baseUrl),
    );

    const replayed = await run(['--output', 'jsonl', '--replay', file, 'hi']);

    expect(replayed.stdout).toBe(recorded.stdout);
    expect(replayed.code).toBe(1);
  });

  it('15.5 ends with 130 and a result after the first Ctrl-C', async () => {
    await using server = await startReplayServer(() => ({
      body: 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n',
      afterwards: 'hang',
    }));

    const { code, lines } = await run(['--output', 'jsonl', '--session', 'stopped', 'hi'], {
      ...against(server.baseUrl),
      when: ['Hello', (kill) => kill('SIGINT')],
    });

    expect(code).toBe(130);
    expect(lines.at(-1)).toMatchObject({ type: 'result', exitCode: 130 });
    expect((await run(['--list'])).stdout).toContain('stopped');
  });

  it('15.5 finishes a run that was killed when its session is resumed', async () => {
    let killed = false;
    await using server = await startReplayServer((request) => {
      const { messages } = request.body as { messages: { role: string }[] };
      if (messages.at(-1)?.role === 'user') {
        return sseResponse(
          completionChunks({
            deltas: ['Working.'],
            toolCalls: [{ id: 'a', name: 'calculate', arguments: '{"expression":"6*7"}' }],
          }),
        );
      }
      return !killed
        ? { afterwards: 'hang' }
        : sseResponse(completionChunks({ deltas: ['It is 42.'] }));
    });
    await run(['--output', 'jsonl', '--session', 'killed', 'what is 6*7?'], {
      ...against(server.baseUrl),
      when: [
        'getting final response',
        (kill) => {
          killed = true;
          kill('SIGKILL');
        },
      ],
    });

    const { code, stdout } = await run(['--resume', 'killed'], against(server.baseUrl));

    expect(code).toBe(0);
    expect(stdout).toContain('It is 42.');
  });

  it('15.5 is quiet when its reader goes away', async () => {
    const child = spawn(process.execPath, ['--conditions=@llmgine/source', main, 'what is 6*7?'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LLMGINE_CHAT_HOME: home },
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));

    await once(child, 'close');

    expect(stderr).not.toContain('EPIPE');
    expect(child.exitCode).toBe(0);
  });

  it('15.5 keeps sessions in a database with --db', async () => {
    const db = ['--db', `sqlite:///${join(home, 'chat.db')}`];
    await run([...db, '--session', 'in-db', 'weather in Oslo?']);

    const { stdout } = await run([...db, '--list']);

    expect(stdout).toContain('in-db\t4 messages');
    expect((await run(['--list'])).stdout).not.toContain('in-db');
  });

  it('15.5 serves metrics with --metrics-port, and says when it cannot', async () => {
    await using taken = await startReplayServer([]);
    const { port } = new URL(taken.baseUrl);

    expect((await run(['--metrics-port', '0', 'what is 6*7?'])).code).toBe(0);
    expect(await run(['--metrics-port', port, 'hi'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('calls the tools of the MCP servers of a config file', async () => {
    const file = join(home, 'mcp-everything.json');
    const command = join(import.meta.dirname, '../node_modules/.bin/mcp-server-everything');
    writeFileSync(file, JSON.stringify({ mcpServers: { everything: { command, args: [] } } }));
    await using server = await startReplayServer(({ body }) => {
      const { messages } = body as { messages: { role: string; content: string }[] };
      const result = messages.find(({ role }) => role === 'tool');
      const echo = {
        id: 'call_1',
        name: 'everything__echo',
        arguments: '{"message":"over there"}',
      };
      return sseResponse(
        completionChunks(result ? { deltas: [result.content] } : { toolCalls: [echo] }),
      );
    });

    const { code, lines } = await run(
      ['--output', 'jsonl', '--approve', 'always', '--mcp', file, 'hi'],
      against(server.baseUrl),
    );

    expect(lines.at(-1)).toMatchObject({
      success: true,
      text: expect.stringContaining('over there'),
    });
    expect(code).toBe(0);
  }, 60_000);

  it('goes on without an MCP server that cannot be started, and says so', async () => {
    const file = join(home, 'mcp.json');
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: { broken: { command: join(home, 'no-such-program') } } }),
    );

    const { code, stderr } = await run(['--mcp', file, 'what is 6*7?']);

    expect(code).toBe(0);
    expect(stderr).toContain('MCP server broken');
  });
});
