import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completionChunks, sseResponse, startReplayServer } from '@llmgine/llm/testing';
import { describe, expect, it } from 'vitest';
import { against, home, run, start } from './program.ts';

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
    [['--root', '/no/such/directory', 'hi']],
    [['--db', 'nonsense://host', '--session', 'a', 'hi']],
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

  it('15.5 exits with 3 at a limit, and says which', async () => {
    const { code, lines } = await run(['--output', 'jsonl', '--max-steps', '1', 'what is 6*7?']);

    expect(code).toBe(3);
    expect(lines.at(-1)).toMatchObject({
      stopReason: 'stepLimit',
      error: { message: expect.stringContaining('--max-steps') },
    });
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

  it('15.5 is quiet when its reader goes away', async () => {
    const child = start(['what is 6*7?']);
    child.stdin!.end();
    child.stdout!.destroy();
    let stderr = '';
    child.stderr!.on('data', (piece: Buffer) => (stderr += piece.toString()));

    await once(child, 'close');

    expect(stderr).not.toContain('EPIPE');
    expect(child.exitCode).toBe(0);
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
