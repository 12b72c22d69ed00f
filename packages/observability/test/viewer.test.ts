import { appendFileSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createSignalHub, systemClock } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { createFileHandler } from '../src/index.ts';
import { runViewer, type ViewerWorld } from '../src/viewer/viewer.ts';
import { aToolChatBus, chatOnce } from './tool-chat.ts';

const conversation = '01a20452-eb47-7000-8345-e5ac102a2928';
const at = (seconds: number): string =>
  new Date(Date.UTC(2026, 10, 22, 17, 0, 0) + seconds * 1000).toISOString();
const line = (fields: object): string =>
  `${JSON.stringify({ level: 'info', session: 'kyoto', correlation: conversation, ...fields })}\n`;

/** A chat of ten seconds with one model call and one tool, and another conversation. */
const chat = [
  line({
    time: at(0),
    level: 'debug',
    signal: 'command.started',
    kind: 'command',
    type: 'chat.ask',
    id: conversation,
  }),
  line({
    time: at(4),
    signal: 'event.processed',
    kind: 'event',
    type: 'model.call.finished',
    id: 'm',
    causation: conversation,
    durationMs: 0.1,
    model: {
      name: 'gpt-test',
      provider: 'openai',
      callId: 'm1',
      step: 1,
      success: true,
      inputTokens: 12,
      outputTokens: 3,
      durationMs: 4000,
    },
  }),
  line({
    time: at(6),
    signal: 'event.processed',
    kind: 'event',
    type: 'tool.executed',
    id: 't',
    causation: conversation,
    durationMs: 0.1,
    tool: { name: 'get_weather', callId: 'c1', status: 'ok', durationMs: 2000 },
  }),
  line({
    time: at(10),
    level: 'error',
    signal: 'command.completed',
    kind: 'command',
    type: 'chat.ask',
    id: conversation,
    durationMs: 10_000,
    outcome: 'failed',
    error: { name: 'Error', message: 'too late' },
  }),
  line({
    time: at(20),
    signal: 'event.processed',
    kind: 'event',
    type: 'news',
    id: 'other',
    session: 'tokyo',
    correlation: 'other',
    durationMs: 1,
  }),
].join('');

interface Run {
  readonly code: number;
  readonly out: string;
  readonly complaints: string;
}

async function view(argv: readonly string[], changes: Partial<ViewerWorld> = {}): Promise<Run> {
  let [out, complaints] = ['', ''];
  const code = await runViewer(argv, {
    clock: systemClock,
    stdin: Readable.from([]),
    write: (text) => void (out += text),
    complain: (text) => void (complaints += text),
    isTerminal: false,
    columns: undefined,
    environment: {},
    offsetMinutes: () => 0,
    ...changes,
  });
  return { code, out, complaints };
}

const viewChat = (...argv: string[]): Promise<Run> =>
  view([...argv, '-'], { stdin: Readable.from([Buffer.from(chat)]) });

/** Parts that begin within one millisecond may be drawn in either order, and the last one has another corner. */
const withoutOrder = (shown: string): string => shown.replace(/^│/, ' ').replace(/[├└]─/, '├─');

describe('llmgine-log', () => {
  it('draws a conversation as a tree with a time bar for every part', async () => {
    const { out } = await viewChat('--tree', '--width', '80', '--session', 'kyoto');

    expect(out.split('\n')).toEqual([
      'kyoto · eb47-7000 · 2026-11-22 17:00:00.000 · 10.0 s · 3 parts · 1 failed',
      '✗ chat.ask  Error: too late                 10.0 s ▕██████████████████████████▏',
      '├─ ✦ gpt-test  12 → 3 tokens                 4.0 s ▕██████████▍               ▏',
      '└─ ◆ get_weather                             2.0 s ▕          █████▎          ▏',
      '',
    ]);
  });

  it.each([
    [['--session', 'tok'], ['news']],
    [['--correlation', 'eb47-7000', '--level', 'error'], ['chat.ask']],
    [['--type', 'ne*'], ['news']],
    [['--level', 'error'], ['chat.ask']],
    [['--since', at(15)], ['news']],
    [
      ['--until', at(5)],
      ['chat.ask', 'gpt-test'],
    ],
  ])('filters lines: %j', async (argv, names) => {
    const { out } = await viewChat(...argv);

    expect(
      out
        .trimEnd()
        .split('\n')
        .map((shown) => shown.slice(15, 45).trim()),
    ).toEqual(names);
  });

  it('gives the records as they are with --json', async () => {
    expect((await viewChat('--json')).out).toBe(chat);
  });

  it('draws what a real bus did and its file handler wrote', async () => {
    const file = createFileHandler({ logDirectory: mkdtempSync(join(tmpdir(), 'llmgine-view-')) });
    const signals = createSignalHub();
    const bus = aToolChatBus(signals);
    bus.addObserver(file);
    await chatOnce(bus);

    const { out } = await view(['--tree', '--type', 'chat.ask', file.path]);

    const parts = out
      .split('\n')
      .slice(1, -1)
      .map((shown) => shown.slice(0, 40).replace(/(?<=\w)\s{2,}.*/, ''))
      .map(withoutOrder);
    expect(parts.toSorted()).toEqual(
      [
        '✓ chat.ask',
        '├─ ✦ gpt-test',
        '├─ ✦ gpt-test',
        '├─ ◆ get_weather',
        '├─ ✓ weather.look-up',
        '│  ├─ ✗ → weather service, attempt 1',
        '│  └─ · → weather service, attempt 2',
        '└─ ✗ chat.answered',
        '   ├─ · → show',
        '   └─ ✗ → archive',
      ]
        .map(withoutOrder)
        .toSorted(),
    );
  });

  it('shows a command whose end the log does not know', async () => {
    const { out } = await view(['--tree', '-'], {
      stdin: Readable.from([chat.split('\n').slice(0, 3).join('\n')]),
    });

    expect(out).toContain('… chat.ask  not finished');
  });

  it('skips lines that are torn, and reads files that were set aside first', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'llmgine-view-')), 'llmgine.jsonl');
    const [first, second, third] = chat.split('\n');
    writeFileSync(`${path}.2`, `${first}\n`);
    writeFileSync(`${path}.1`, `${second}\n{"torn`);
    writeFileSync(path, `\n${third}\n`);

    expect((await view(['--json', path])).out).toBe(`${first}\n${second}\n${third}\n`);
  });

  it('follows a file that is written, set aside and begun anew', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'llmgine-view-')), 'llmgine.jsonl');
    const [first, second, third] = chat.split('\n');
    const controller = new AbortController();
    let out = '';
    const shown = async (text: string): Promise<void> => {
      await expect.poll(() => out, { timeout: 5_000 }).toContain(text);
    };
    const following = view(['--follow', '--json', path], {
      write: (text) => void (out += text),
      signal: controller.signal,
    });

    writeFileSync(path, `${first}\n${second!.slice(0, 20)}`);
    await shown(first!);
    appendFileSync(path, `${second!.slice(20)}\n`);
    await shown(second!);
    renameSync(path, `${path}.1`);
    writeFileSync(path, `${third}\n`);
    await shown(third!);
    controller.abort();

    expect((await following).code).toBe(0);
  });

  it('goes on when the file that it follows is cut short', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'llmgine-view-')), 'llmgine.jsonl');
    const [first, second] = chat.split('\n');
    const controller = new AbortController();
    let out = '';
    const following = view(['--follow', '--json', path], {
      write: (text) => void (out += text),
      signal: controller.signal,
    });

    writeFileSync(path, `${first}\n${second}\n{"torn":`);
    await expect.poll(() => out, { timeout: 5_000 }).toContain(second);
    out = '';
    writeFileSync(path, `${first}\n`);
    await expect.poll(() => out, { timeout: 5_000 }).toContain(first);
    controller.abort();

    expect((await following).code).toBe(0);
  });

  it('draws each conversation as it ends when it follows', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'llmgine-view-')), 'llmgine.jsonl');
    writeFileSync(path, chat);
    const controller = new AbortController();
    let out = '';
    const following = view(['-f', '-t', path], {
      write: (text) => void (out += text),
      signal: controller.signal,
    });

    await expect.poll(() => out, { timeout: 5_000 }).toContain('get_weather');
    controller.abort();
    await following;

    expect(out.split('\n\n')).toHaveLength(2);
  });

  it('leaves out what is no record, whatever it is', async () => {
    const odd = [
      { type: 5 },
      { session: [] },
      { correlation: {} },
      { durationMs: 'long' },
      { durationMs: 1e300 },
      { time: '+275760-09-12T23:59:59.000Z' },
      { level: 'constructor' },
      { error: { name: 1 } },
      { failures: [undefined] },
      { tool: 5 },
      { model: {} },
    ].map((fields) =>
      line({ time: at(1), signal: 'event.processed', type: 'odd', id: 'o', ...fields }),
    );
    const file = `\u0000\u0001\nnull\n[]\n${odd.join('')}${'x'.repeat(100)}\n${chat}`;

    for (const format of ['--tree', '--json', '--no-colour']) {
      const { code, out } = await view([format, '-'], { stdin: Readable.from([file]) });

      expect([code, out.includes('odd')]).toEqual([0, false]);
      expect(out).toContain('get_weather');
    }
  });

  it('reads on behind what is too long to be a line', async () => {
    const stdin = Readable.from([
      ...Array.from({ length: 40 }, () => 'x'.repeat(1024 * 1024)),
      `\n${chat}`,
    ]);

    expect((await view(['--json', '-'], { stdin })).out).toBe(chat);
  });

  it('draws conversations that are very wide and very deep', async () => {
    const part = (id: number, causation: number): string =>
      line({
        time: at(1),
        signal: 'event.processed',
        type: 'part',
        id: `p${id}`,
        causation: `p${causation}`,
      });
    const wide = Array.from({ length: 2_000 }, (_, id) => part(id, 0)).slice(1);
    const deep = Array.from({ length: 2_000 }, (_, id) => part(id, id - 1));
    const root = part(0, -1);

    const [widely, deeply] = await Promise.all(
      [[root, ...wide], deep].map((lines) =>
        view(['--tree', '-'], { stdin: Readable.from([lines.join('')]) }),
      ),
    );

    expect(widely?.out.split('\n')).toHaveLength(2_002);
    expect(deeply?.out.split('\n')).toHaveLength(2_002);
  });

  it('draws every conversation, however many there are', async () => {
    const lines = Array.from({ length: 6_000 }, (_, number) =>
      line({
        time: at(number),
        signal: 'event.processed',
        type: 'part',
        id: `c${number}`,
        correlation: `c${number}`,
      }),
    );

    const { out } = await view(['--tree', '-'], { stdin: Readable.from([lines.join('')]) });

    expect(out.split('\n\n')).toHaveLength(6_000);
  });

  it('draws only the conversations that were asked for, however many others there are', async () => {
    const lines = Array.from({ length: 6_000 }, (_, number) =>
      line({
        time: at(number),
        signal: 'event.processed',
        type: number === 1 ? 'wanted' : 'part',
        id: `c${number}`,
        correlation: `c${number}`,
      }),
    );

    const { out } = await view(['--tree', '--type', 'wanted', '-'], {
      stdin: Readable.from([lines.join('')]),
    });

    expect(out.split('\n')).toEqual([expect.stringContaining('1 part'), expect.any(String), '']);
  });

  it('names everything it does not understand, and ends with 2', async () => {
    const { code, complaints } = await view([
      '--level',
      'loud',
      '--since',
      'yesterday',
      '--width',
      '3',
    ]);

    expect(code).toBe(2);
    expect(complaints).toMatch(/--level .*--width .*--since /);
  });

  it('ends with 1 when the file cannot be read', async () => {
    const { code, complaints } = await view(['/nowhere/llmgine.jsonl']);

    expect([code, complaints]).toEqual([1, expect.stringContaining('/nowhere/llmgine.jsonl')]);
  });

  it('tells how it is used', async () => {
    expect(await view(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Usage: llmgine-log'),
    });
  });
});
