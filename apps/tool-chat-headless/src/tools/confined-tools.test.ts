import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToolManager } from '@llmgine/tools';
import { jsonResponse, startReplayServer } from '@llmgine/llm/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetchUrl } from './fetch-url.ts';
import { createFileTools } from './file-tools.ts';
import { isPublicAddress } from './private-address.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'llmgine-files-'));
  mkdirSync(join(directory, 'root'));
  mkdirSync(join(directory, 'root-twin'));
  writeFileSync(join(directory, 'secret.txt'), 'secret');
  writeFileSync(join(directory, 'root-twin', 'secret.txt'), 'secret');
  writeFileSync(join(directory, 'root', 'a.txt'), 'hello');
  writeFileSync(join(directory, 'root', 'big.txt'), 'x'.repeat(300_000));
  writeFileSync(join(directory, 'root', 'binary'), Buffer.from([1, 0, 2]));
  symlinkSync(join(directory, 'secret.txt'), join(directory, 'root', 'link.txt'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function call(name: string, args: object, options?: Parameters<typeof createFetchUrl>[0]) {
  const tools = createToolManager();
  for (const tool of [...createFileTools(join(directory, 'root')), createFetchUrl(options)]) {
    tools.registerTool(tool);
  }
  return tools.executeToolCall({ id: '1', name, arguments: args });
}

describe('read_file', () => {
  it('reads below its root', async () => {
    expect(await call('read_file', { path: 'a.txt' })).toMatchObject({
      status: 'ok',
      content: 'hello',
    });
  });

  it.each([
    '../secret.txt',
    '../root-twin/secret.txt',
    'link.txt',
    '/etc/passwd',
    'a.txt/../../secret.txt',
    'a\0.txt',
  ])('refuses %j', async (path) => {
    const { status, content } = await call('read_file', { path });

    expect(status).toBe('error');
    expect(content).not.toContain('secret\n');
  });

  it('caps what it gives', async () => {
    const { content, value } = await call('read_file', { path: 'big.txt' });

    expect(String(value).length).toBeLessThan(200_100);
    expect(content.length).toBeLessThanOrEqual(40_000);
  });

  it('refuses what is no text, no file, or not there', async () => {
    for (const path of ['binary', '.', 'none.txt']) {
      expect((await call('read_file', { path })).status).toBe('error');
    }
  });
});

describe('list_files', () => {
  it('lists its root', async () => {
    expect((await call('list_files', {})).value).toEqual([
      'a.txt',
      'big.txt',
      'binary',
      'link.txt',
    ]);
  });

  it('refuses what is above', async () => {
    expect((await call('list_files', { path: '..' })).status).toBe('error');
  });
});

describe('isPublicAddress', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:4700::1111'])('takes %s for public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('does not take %j for public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('fetch_url', () => {
  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:127.0.0.1]/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'http://user:pass@example.com/',
    'nonsense',
  ])('refuses %s', async (url) => {
    const { status, content } = await call('fetch_url', { url });

    expect(status).toBe('error');
    expect(content).toMatch(/refused|Only http|no URL/);
  });

  it('refuses a name that leads to a private address, whatever else it leads to', async () => {
    const lookup = ((
      _name: string,
      _options: object,
      done: (error: null, found: object[]) => void,
    ) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ])) as never;

    expect((await call('fetch_url', { url: 'http://evil.test/' }, { lookup })).content).toContain(
      'refused',
    );
  });

  it('checks every redirect anew', async () => {
    await using server = await startReplayServer(() => ({
      status: 302,
      headers: { location: 'http://127.0.0.2/' },
    }));
    const { port } = new URL(server.baseUrl);

    const { content } = await call(
      'fetch_url',
      { url: `http://127.0.0.1:${port}/` },
      { mayReach: (address) => address === '127.0.0.1' },
    );

    expect(content).toContain("'127.0.0.2' is not on the public internet");
  });

  it('gives up after five redirects', async () => {
    await using server = await startReplayServer(() => ({
      status: 302,
      headers: { location: '/again' },
    }));

    const { content } = await call('fetch_url', { url: server.baseUrl }, { mayReach: () => true });

    expect(content).toContain('more than 5 times');
    expect(server.requests).toHaveLength(6);
  });

  it('gives the text of a page, capped', async () => {
    await using server = await startReplayServer(() => ({
      headers: { 'content-type': 'text/html' },
      body: `<html><script>evil()</script><h1>Hi</h1><p>a &amp; b</p>${'x'.repeat(2_000_000)}`,
    }));

    const { value } = await call('fetch_url', { url: server.baseUrl }, { mayReach: () => true });

    expect(value).toMatchObject({
      status: 200,
      truncated: true,
      text: expect.stringMatching(/^Hi\na & b\nx+$/),
    });
  });

  it('refuses what is no text', async () => {
    await using server = await startReplayServer(() => ({
      headers: { 'content-type': 'image/png' },
      body: 'x',
    }));

    expect(
      (await call('fetch_url', { url: server.baseUrl }, { mayReach: () => true })).content,
    ).toContain('no text');
    expect(jsonResponse({}).headers).toBeDefined();
  });
});
