import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  completionChunks,
  jsonResponse,
  sseResponse,
  startReplayServer,
  type ReplayResponse,
  type ReplayScript,
} from '@llmgine/llm/testing';
import { describe, expect, it } from 'vitest';
import { against, home, KEY, run, type Ran, type RunOptions } from './program.ts';

const ANSWER = sseResponse(completionChunks({ deltas: ['It is ', '42.'] }));
const HALF = 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n';
let recordings = 0;

interface Exchange {
  readonly script: ReplayScript;
  readonly args?: readonly string[];
  readonly options?: RunOptions;
}

interface Replayed {
  readonly file: string;
  readonly recorded: Ran;
  readonly replayed: Ran;
}

/** Records a run, and replays it when the endpoint is gone. */
async function recordAndReplay({ script, args = ['hi'], options }: Exchange): Promise<Replayed> {
  const file = join(home, `recording-${recordings++}.jsonl`);
  const server = await startReplayServer(script);
  const recorded = await run(['--output', 'jsonl', '--record', file, ...args], {
    ...against(server.baseUrl),
    ...options,
  });
  await server.close();
  const replayed = await run(['--output', 'jsonl', '--replay', file, ...args], {
    ...(options?.input !== undefined && { input: options.input }),
  });
  return { file, recorded, replayed };
}

function calling(...calls: readonly (readonly [string, object])[]): ReplayResponse {
  const toolCalls = calls.map(([name, args], index) => ({
    id: `call_${index}`,
    name,
    arguments: JSON.stringify(args),
  }));
  return sseResponse(completionChunks({ toolCalls }));
}

/** Calls in the first step, and answers once there are results. */
function callingFirst(...calls: readonly (readonly [string, object])[]): ReplayScript {
  return ({ body }) => {
    const { messages } = body as { messages: { role: string }[] };
    return messages.at(-1)?.role === 'user' ? calling(...calls) : ANSWER;
  };
}

describe('a recording', () => {
  it.each<[string, number, Exchange]>([
    [
      'tools that work and tools that fail',
      0,
      {
        script: callingFirst(
          ['calculate', { expression: '6*7' }],
          ['calculate', { expression: '6*' }],
          ['read_file', { path: '../../etc/passwd' }],
          ['no_such_tool', {}],
          ['get_weather', { town: 'é日🙂' }],
        ),
      },
    ],
    [
      'a tool that was denied',
      0,
      {
        script: callingFirst(['fetch_url', { url: 'https://example.com/' }]),
        args: ['--approve', 'never', 'hi'],
      },
    ],
    [
      'an approval that nobody gave',
      4,
      { script: callingFirst(['fetch_url', { url: 'https://example.com/' }]) },
    ],
    [
      'an approval that was given and one that was not',
      0,
      {
        script: callingFirst(
          ['fetch_url', { url: 'http://127.0.0.1/' }],
          ['fetch_url', { url: 'http://127.0.0.2/' }],
        ),
        args: ['--input', 'jsonl'],
        options: {
          input: [
            '{"prompt":"hi"}',
            '{"type":"approval","toolCallId":"call_0","decision":"allow"}',
            '{"type":"approval","toolCallId":"call_1","decision":"deny","reason":"no"}',
          ].join('\n'),
        },
      },
    ],
    [
      'a step limit',
      3,
      {
        script: callingFirst(['calculate', { expression: '1' }]),
        args: ['--max-steps', '1', 'hi'],
      },
    ],
    [
      'retries',
      0,
      {
        script: [
          jsonResponse(
            { error: { message: 'slow' } },
            { status: 429, headers: { 'retry-after-ms': '10' } },
          ),
          jsonResponse({ error: { message: 'gone' } }, { status: 503 }),
          ANSWER,
        ],
      },
    ],
    [
      'a wrong key',
      1,
      { script: () => jsonResponse({ error: { message: 'Incorrect API key' } }, { status: 401 }) },
    ],
    ['an answer that broke off', 1, { script: () => ({ body: HALF, afterwards: 'destroy' }) }],
    ['an empty answer', 1, { script: () => ({ body: '' }) }],
    ['a refused connection', 1, { script: [], options: against('http://127.0.0.1:2/v1') }],
    [
      'a time limit while the endpoint is silent',
      3,
      { script: () => ({ afterwards: 'hang' }), args: ['--timeout', '0.5', 'hi'] },
    ],
    [
      'a time limit in the middle of an answer',
      3,
      { script: () => ({ body: HALF, afterwards: 'hang' }), args: ['--timeout', '0.5', 'hi'] },
    ],
    [
      'Ctrl-C in the middle of an answer',
      130,
      {
        script: () => ({ body: HALF, afterwards: 'hang' }),
        options: { when: ['Hello', (kill) => kill('SIGINT')] },
      },
    ],
    [
      'Ctrl-C before the answer',
      130,
      {
        script: () => ({ afterwards: 'hang' }),
        options: { when: ['calling LLM', (kill) => kill('SIGINT')] },
      },
    ],
  ])('replays %s to the same bytes and exit code', async (_name, code, exchange) => {
    const { recorded, replayed } = await recordAndReplay(exchange);

    expect(recorded.code).toBe(code);
    expect(replayed.stdout).toBe(recorded.stdout);
    expect(replayed.code).toBe(code);
  });

  it('replays Ctrl-C while a tool of an MCP server runs', async () => {
    const config = join(home, 'mcp-recorded.json');
    const command = join(import.meta.dirname, '../node_modules/.bin/mcp-server-everything');
    writeFileSync(config, JSON.stringify({ mcpServers: { e: { command } } }));

    const { recorded, replayed } = await recordAndReplay({
      script: callingFirst(['e__trigger-long-running-operation', { duration: 30, steps: 2 }]),
      args: ['--mcp', config, '--approve', 'always', 'hi'],
      options: { when: ['tool.requested', (kill) => kill('SIGINT')] },
    });

    expect(recorded.code).toBe(130);
    expect(replayed.stdout).toBe(recorded.stdout);
    expect(replayed.code).toBe(130);
  }, 60_000);

  it('holds no secrets, wherever they show, and replays to the same bytes but for them', async () => {
    const token = 'ghp_0123456789abcdefghij0123456789';
    writeFileSync(join(home, 'secrets.txt'), `password=hunter2secret\n${token}\n`);

    const { file, recorded, replayed } = await recordAndReplay({
      script: ({ body }) => {
        const { messages } = body as { messages: { role: string; content: string }[] };
        const result = messages.find(({ role }) => role === 'tool');
        return result
          ? sseResponse(completionChunks({ deltas: ['é日🙂 ', `${KEY} and ${token}`] }))
          : calling(['read_file', { path: 'secrets.txt' }]);
      },
      args: ['--root', home, 'hi'],
    });

    const text = readFileSync(file, 'utf8');
    for (const secret of [KEY, token, 'hunter2secret', 'authorization', 'Bearer']) {
      expect(text).not.toContain(secret);
    }
    expect(recorded.stdout).toContain('hunter2secret');
    const hidden = recorded.stdout
      .replaceAll(KEY, '[redacted]')
      .replaceAll(token, '[redacted]')
      .replaceAll('hunter2secret', '[redacted]');
    expect(replayed.stdout).toBe(hidden);
  });

  it('says where it ends when a run asks for more', async () => {
    const { file } = await recordAndReplay({ script: () => ANSWER });
    const input = '{"prompt":"hi"}\n{"prompt":"more"}\n';

    const { code, lines } = await run(['--output', 'jsonl', '--replay', file, '--input', 'jsonl'], {
      input,
    });

    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({
      error: { message: expect.stringContaining('The recording ends here') },
    });
  });
});
