import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MissingPeerError } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { createToolManager, type ToolManager } from '@llmgine/tools';
import {
  connectMcpTools,
  createToolPins,
  type McpProblem,
  type McpServer,
  type McpTools,
  type McpToolsOptions,
} from '@llmgine/tools/mcp';

const everything = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
);
const misbehaving: McpServer = {
  command: process.execPath,
  args: [fileURLToPath(new URL('misbehaving-server.ts', import.meta.url))],
};

const open: AsyncDisposable[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one[Symbol.asyncDispose]()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Connected {
  readonly manager: ToolManager;
  readonly mcp: McpTools;
  readonly problems: McpProblem[];
  readonly call: (
    name: string,
    args?: object,
    signal?: AbortSignal,
  ) => ReturnType<ToolManager['executeToolCall']>;
}

async function connect(
  servers: McpToolsOptions['servers'],
  options: Partial<McpToolsOptions> = {},
): Promise<Connected> {
  const manager = createToolManager({ environment: {} });
  const problems: McpProblem[] = [];
  const mcp = await connectMcpTools(manager, {
    servers,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  open.push(mcp);
  const call: Connected['call'] = (name, args = {}, signal) =>
    manager.executeToolCall({ id: '1', name, arguments: args }, { signal });
  return { manager, mcp, problems, call };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startEverythingOverHttp(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  children.push(child);
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/mcp`), { timeout: 20_000, interval: 50 });
  return child;
}

describe('13.11 connectMcpTools against server-everything', { timeout: 60_000 }, () => {
  it('offers and calls the tools of a stdio server under its prefix', async () => {
    const { manager, call, mcp } = await connect({
      all: { command: process.execPath, args: [everything, 'stdio'] },
    });

    const echoed = await call('all__echo', { message: 'hello' });
    const sum = await call('all__get-sum', { a: '2', b: 3 });

    expect(mcp.servers).toMatchObject([{ name: 'all', state: 'connected' }]);
    expect(manager.parseToolsToList().map((tool) => tool.function.name)).toContain('all__echo');
    expect(echoed).toMatchObject({ status: 'ok', content: 'Echo: hello' });
    expect(sum).toMatchObject({ status: 'ok', repairs: ['a: text to number'] });
    expect(sum.content).toContain('5');
  });

  it('refuses arguments that do not fit the server’s schema without asking the server', async () => {
    const { call } = await connect({
      all: { command: process.execPath, args: [everything, 'stdio'] },
    });

    const result = await call('all__get-sum', { a: 'two', b: 3 });

    expect(result.status).toBe('error');
    expect(result.error?.code).toBe('LLMGINE_INVALID_TOOL_ARGUMENTS');
    expect(result.content).toContain('a:');
  });

  it('reports progress and cancels a running call', async () => {
    const published: string[] = [];
    const manager = createToolManager({
      environment: {},
      publisher: {
        publish: async (event) => {
          published.push(event.type);
          return { status: 'queued' };
        },
      },
    });
    const mcp = await connectMcpTools(manager, {
      servers: { all: { command: process.execPath, args: [everything, 'stdio'] } },
    });
    open.push(mcp);
    const controller = new AbortController();

    const running = manager.executeToolCall(
      {
        id: '1',
        name: 'all__trigger-long-running-operation',
        arguments: { duration: 60, steps: 300 },
      },
      { signal: controller.signal },
    );
    await vi.waitFor(() => expect(published).toContain('tool.progress'), { timeout: 20_000 });
    controller.abort(new Error('enough'));

    expect(await running).toMatchObject({ status: 'cancelled' });
    const after = await manager.executeToolCall({
      id: '2',
      name: 'all__echo',
      arguments: { message: 'x' },
    });
    expect(after.status).toBe('ok');
  });

  it('speaks streamable HTTP, and starts a new session once when the server has lost it', async () => {
    const port = await freePort();
    const first = await startEverythingOverHttp(port);
    const { call } = await connect({ web: { url: `http://127.0.0.1:${port}/mcp` } });
    expect(await call('web__echo', { message: 'one' })).toMatchObject({ content: 'Echo: one' });

    first.kill('SIGKILL');
    await once(first, 'exit');
    await startEverythingOverHttp(port);

    expect(await call('web__echo', { message: 'two' })).toMatchObject({ content: 'Echo: two' });
  });
});

describe('13.11 connectMcpTools against a server that misbehaves', { timeout: 60_000 }, () => {
  it('gives an error when the server crashes in a call, and connects again', async () => {
    const { call, mcp } = await connect({ bad: misbehaving });

    const crashed = await call('bad__crash');
    await vi.waitFor(() => expect(mcp.servers[0]?.state).toBe('connected'), { timeout: 20_000 });

    expect(crashed.status).toBe('error');
    expect(await call('bad__echo', { again: true })).toMatchObject({ status: 'ok' });
  });

  it('ends a call that is never answered at its deadline, and goes on', async () => {
    const { call } = await connect({ bad: { ...misbehaving, timeoutMs: 200 } });

    expect(await call('bad__silent')).toMatchObject({ status: 'timeout' });
    expect(await call('bad__echo')).toMatchObject({ status: 'ok' });
  });

  it('keeps the value of a 10 MB answer whole and gives the model its head and tail', async () => {
    const { call } = await connect({ bad: misbehaving });

    const { status, content, value } = await call('bad__huge');

    expect(status).toBe('ok');
    expect(content.length).toBeLessThanOrEqual(40_000);
    expect((value as string).length).toBe(10 * 1024 * 1024);
  });

  it('survives a flood of notifications', async () => {
    const { call } = await connect({ bad: misbehaving });

    expect(await call('bad__flood')).toMatchObject({ status: 'ok', content: 'flooded' });
    expect(await call('bad__echo')).toMatchObject({ status: 'ok' });
  });

  it('refuses a tool whose definition has changed until the change is accepted', async () => {
    const { call, mcp, manager, problems } = await connect({ bad: misbehaving });
    expect(await call('bad__victim')).toMatchObject({ status: 'ok' });

    await call('bad__change');
    await vi.waitFor(() => expect(manager.getTool('bad__victim')).toBeUndefined(), {
      timeout: 10_000,
    });

    expect(await call('bad__victim')).toMatchObject({ status: 'unknown' });
    expect(problems.map(({ message }) => message).join()).toContain(
      "'victim' has changed its definition",
    );
    expect(mcp.accept('bad', 'victim')).toBe(true);
    expect(manager.getTool('bad__victim')?.description).toBe('Sends all your files.');
  });

  it('refuses a tool that has changed since its pin was stored', async () => {
    const pins = createToolPins();
    const first = await connect({ bad: misbehaving }, { pins });
    await first.mcp[Symbol.asyncDispose]();
    const stored = { ...pins.toJSON(), '["bad","victim"]': 'another' };

    const second = await connect({ bad: misbehaving }, { pins: createToolPins(stored) });

    expect(second.manager.getTool('bad__victim')).toBeUndefined();
    expect(second.mcp.servers[0]?.refused.map(({ tool }) => tool)).toContain('victim');
    expect(second.manager.getTool('bad__echo')).toBeDefined();
  });

  it('follows a list that changes', async () => {
    const { call, manager } = await connect({ bad: misbehaving });

    await call('bad__grow');

    await vi.waitFor(() => expect(manager.getTool('bad__late')).toBeDefined(), { timeout: 10_000 });
  });

  it('uses the first of two tools of one name and says so', async () => {
    const { manager, mcp } = await connect({ bad: misbehaving });

    expect(manager.getTool('bad__twice')?.description).toBe('The first.');
    expect(mcp.servers[0]?.refused).toContainEqual({
      tool: 'twice',
      reason: 'is listed twice; the first is used',
    });
  });

  it('tells of a refused tool once, however often the list is sent', async () => {
    const { manager, problems, call } = await connect({ bad: misbehaving });

    await call('bad__grow');
    await vi.waitFor(() => expect(manager.getTool('bad__late')).toBeDefined(), { timeout: 10_000 });

    expect(problems.filter(({ message }) => message.includes("'twice'"))).toHaveLength(1);
  });

  it('tells of each crash once', async () => {
    const { mcp, problems, call } = await connect({ bad: misbehaving });
    const lost = () => problems.filter(({ message }) => message.includes('connection was lost'));

    for (const crashes of [1, 2]) {
      await call('bad__crash');
      await vi.waitFor(() => expect(mcp.servers).toMatchObject([{ state: 'connected' }]), {
        timeout: 10_000,
      });
      expect(lost()).toHaveLength(crashes);
    }
  });

  it('gives tools names that model APIs take, and calls them by their own', async () => {
    const { manager, call } = await connect({ bad: misbehaving });
    const names = manager.parseToolsToList().map((tool) => tool.function.name);
    const mended = names.find((name) => name.startsWith('bad__files_read_text')) ?? '';

    const result = await call(mended, { path: 'a' });

    expect(names.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(names.some((name) => name.startsWith('bad__long-xxx'))).toBe(true);
    expect(result.content).toContain('"name":"files/read.text"');
  });

  it('leaves out a tool whose schema describes no object', async () => {
    const { manager, mcp } = await connect({ bad: misbehaving });

    expect(manager.getTool('bad__no_schema')).toBeUndefined();
    expect(mcp.servers[0]?.refused.map(({ tool }) => tool)).toContain('no_schema');
  });

  it('tells isError as an error without secrets, and structured content as the value', async () => {
    const { call } = await connect({ bad: misbehaving });

    const failed = await call('bad__fails');
    const structured = await call('bad__structured');

    expect(failed.status).toBe('error');
    expect(failed.content).toContain('no such file; password=[redacted]');
    expect(structured).toMatchObject({ status: 'ok', value: { count: 3 }, content: '{"count":3}' });
  });

  it('makes no effect safer than once unless told to', async () => {
    const { manager } = await connect({ bad: { ...misbehaving, effects: { echo: 'read' } } });

    expect(manager.getTool('bad__echo')?.effect).toBe('read');
    expect(manager.getTool('bad__crash')?.effect).toBe('once');
  });
});

describe('13.11 connectMcpTools when something is missing', { timeout: 30_000 }, () => {
  it('says what to install when the peer is missing, and goes on without tools', async () => {
    const { manager, mcp, problems } = await connect(
      { bad: misbehaving },
      {
        loadLibrary: async () => {
          throw new MissingPeerError(
            '@modelcontextprotocol/client',
            'use the tools of MCP servers',
          );
        },
      },
    );

    expect(manager.tools).toEqual([]);
    expect(mcp.servers).toMatchObject([{ state: 'unavailable' }]);
    expect(problems[0]?.message).toContain("Install '@modelcontextprotocol/client'");
  });

  it('goes on with the other servers when one cannot be started', async () => {
    const { mcp, problems, call } = await connect({
      gone: { command: '/no/such/program' },
      bad: misbehaving,
    });

    expect(mcp.servers).toMatchObject([
      { name: 'gone', state: 'reconnecting' },
      { name: 'bad', state: 'connected' },
    ]);
    expect(problems[0]).toMatchObject({ server: 'gone' });
    expect(await call('bad__echo')).toMatchObject({ status: 'ok' });
  });

  it('tells of a server that stays away once, however often it is tried again', async () => {
    const clock = createFakeClock();
    const { mcp, problems } = await connect({ gone: { command: '/no/such/program' } }, { clock });

    for (let attempt = 0; attempt < 5; attempt++) {
      await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));
      await clock.advanceAsync(30_000);
    }

    expect(mcp.servers).toMatchObject([{ state: 'reconnecting' }]);
    expect(problems).toHaveLength(1);
  });

  it('names all problems of its options at once', async () => {
    const manager = createToolManager({ environment: {} });
    const servers = { one: {} as McpServer, two: { url: 'nonsense', timeoutMs: 0 } };

    await expect(connectMcpTools(manager, { servers })).rejects.toThrow(
      /server 'one' must have.*server 'two' must have.*timeoutMs must be above zero/,
    );
  });

  it('takes its tools out and ends its processes when disposed, twice without harm', async () => {
    const { manager, mcp, call } = await connect({ bad: misbehaving });

    await mcp[Symbol.asyncDispose]();
    await mcp[Symbol.asyncDispose]();

    expect(manager.tools).toEqual([]);
    expect(await call('bad__echo')).toMatchObject({ status: 'unknown' });
  });
});
