import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  completionChunks,
  sseResponse,
  startReplayServer,
  type ReplayServer,
} from '@llmgine/llm/testing';
import { describe, expect, it } from 'vitest';
import { against, home, run, start } from './program.ts';

const HELLO = 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n';

/** Answers the first word of each answer, and then nothing more for as long as it is held. */
async function startHeldServer(): Promise<ReplayServer & { release(): void }> {
  let held = true;
  const server = await startReplayServer(() =>
    held
      ? { body: HELLO, afterwards: 'hang' }
      : sseResponse(completionChunks({ deltas: ['It is 42.'] })),
  );
  return Object.assign(server, { release: () => void (held = false) });
}

async function* heldUntil(released: Promise<void>): AsyncGenerator<string> {
  yield HELLO;
  await released;
  yield 'data: {"choices":[{"delta":{"content":" there"},"finish_reason":"stop"}]}\n\n';
}

describe('a session of llmgine-chat', () => {
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

  it('15.5 keeps sessions in a database with --db', async () => {
    const db = ['--db', `sqlite:///${join(home, 'chat.db')}`];
    await run([...db, '--session', 'in-db', 'weather in Oslo?']);

    const { stdout } = await run([...db, '--list']);

    expect(stdout).toContain('in-db\t4 messages');
    expect((await run(['--list'])).stdout).not.toContain('in-db');
  });

  it.each([
    ['in files', () => []],
    ['in a database', () => ['--db', `sqlite:///${join(home, 'killed.db')}`]],
  ])(
    '15.5 %s loses nothing that was said before a kill in the middle of an answer',
    async (_where, place) => {
      await using server = await startHeldServer();
      const session = [...place(), '--output', 'jsonl'];
      const name = place().length === 0 ? 'cut-off' : 'cut-off-db';
      await run([...session, '--session', name, 'weather in Oslo?']);
      await run([...session, '--resume', name, 'tell me'], {
        ...against(server.baseUrl),
        when: ['Hello', (kill) => kill('SIGKILL')],
      });
      server.release();

      const { code, lines } = await run(
        [...session, '--resume', name, 'and now?'],
        against(server.baseUrl),
      );

      expect(code).toBe(0);
      expect(lines.filter(({ type }) => type === 'turn')).toMatchObject([
        { success: true, text: 'It is 42.' },
        { success: true, text: 'It is 42.' },
      ]);
      const { messages } = server.requests.at(-1)!.body as { messages: { content: string }[] };
      const said = messages.map(({ content }) => content).join(' ');
      for (const part of ['weather in Oslo?', 'tell me', 'and now?']) expect(said).toContain(part);
      expect(said.split('tell me')).toHaveLength(2);
    },
  );

  it('15.5 is refused to a second process while the first works on it, and free again when that was killed', async () => {
    await using server = await startHeldServer();
    const { env } = against(server.baseUrl);
    const first = start(['--session', 'shared', 'tell me'], env);
    first.stdin!.end();
    for await (const piece of first.stdout!) if (String(piece).includes('Hello')) break;

    const second = await run(['--resume', 'shared', '--output', 'jsonl', 'me, too'], { env: env! });
    first.kill('SIGKILL');
    await once(first, 'exit');
    server.release();
    const third = await run(['--resume', 'shared', '--output', 'jsonl', 'and now?'], { env: env! });

    expect(second.code).toBe(1);
    expect(second.lines.at(-1)).toMatchObject({
      type: 'result',
      error: {
        code: 'SessionInUseError',
        message: expect.stringContaining('in use by another llmgine-chat'),
      },
    });
    expect(server.requests).toHaveLength(3);
    expect(third.code).toBe(0);
  });

  it('is free whatever its lock file holds: only a process that lives keeps it', async () => {
    for (const left of ['1', String(process.pid), 'nonsense']) {
      writeFileSync(join(home, 'sessions', 'left.lock'), left);

      expect((await run(['--session', 'left', 'what is 6*7?'])).code).toBe(0);
    }
  });

  it('goes on with --session, too, after a kill', async () => {
    await using server = await startHeldServer();
    await run(['--output', 'jsonl', '--session', 'again', 'tell me'], {
      ...against(server.baseUrl),
      when: ['Hello', (kill) => kill('SIGKILL')],
    });
    server.release();

    const { code, lines } = await run(
      ['--output', 'jsonl', '--session', 'again', 'and now?'],
      against(server.baseUrl),
    );

    expect(code).toBe(0);
    expect(lines.filter(({ type }) => type === 'turn')).toHaveLength(2);
  });

  it.each(['', '{"type":"run.st'])('goes on after a kill while its run began: %j', async (left) => {
    writeFileSync(join(home, 'sessions', 'run%2Fbegun%2E0.jsonl'), left);

    expect((await run(['--session', 'begun', 'what is 6*7?'])).stdout).toContain('42');
    rmSync(join(home, 'sessions', 'session%2Fbegun.jsonl'));
  });

  it('goes to one of several processes that begin at once', async () => {
    await using server = await startHeldServer();
    const { env } = against(server.baseUrl);
    const crowd = Array.from({ length: 3 }, () => start(['--session', 'crowd', 'hi'], env));
    const codes: (number | null)[] = [];
    for (const each of crowd) {
      each.stdin!.end();
      each.on('exit', (code) => void codes.push(code));
    }

    await expect.poll(() => codes, { timeout: 20_000 }).toEqual([1, 1]);
    for (const each of crowd) each.kill('SIGINT');
    await expect.poll(() => codes, { timeout: 20_000 }).toEqual([1, 1, 130]);
  }, 60_000);

  it.each([
    ['below a directory that takes none', '/proc/no/such'],
    ['below a file', join(import.meta.filename, 'deep')],
  ])('that is to be kept %s is refused with what to do', async (_where, place) => {
    const { code, lines } = await run(['--session', 'x', '--output', 'jsonl', 'what is 6*7?'], {
      env: { LLMGINE_CHAT_HOME: place },
    });

    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      error: { message: expect.stringContaining('set LLMGINE_CHAT_HOME to') },
    });
  });

  it('in a database stays with the process that began, and the other says so', async () => {
    const db = ['--db', `sqlite:///${join(home, 'raced.db')}`, '--output', 'jsonl'];
    await run([...db, '--session', 'raced', 'weather in Oslo?']);
    const gate = Promise.withResolvers<void>();
    await using server = await startReplayServer(() => ({ body: heldUntil(gate.promise) }));
    const asked = Promise.withResolvers<void>();
    const first = run([...db, '--resume', 'raced', 'slow one'], {
      ...against(server.baseUrl),
      when: ['Hello', () => asked.resolve()],
    });
    await asked.promise;

    const second = await run([...db, '--session', 'raced', 'what is 6*7?']);
    gate.resolve();
    const { code, lines } = await first;

    expect(second.code).toBe(1);
    expect(second.lines.at(-1)).toMatchObject({
      type: 'result',
      error: { message: expect.stringContaining('Another process works on this session') },
    });
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ success: true, text: 'Hello there' });
    expect((await run([...db, '--list'])).lines).toContainEqual(
      expect.objectContaining({ sessionId: 'raced', messages: 6 }),
    );
  });

  it('15.5 ends at once, with a result, when Ctrl-C is pressed twice', async () => {
    await using server = await startHeldServer();

    const { code, lines } = await run(['--output', 'jsonl', '--session', 'twice', 'hi'], {
      ...against(server.baseUrl),
      when: [
        'Hello',
        (kill) => {
          kill('SIGINT');
          kill('SIGINT');
        },
      ],
    });
    server.release();

    expect(code).toBe(130);
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      exitCode: 130,
      error: { code: 'INTERRUPTED' },
    });
    expect(lines.filter(({ type }) => type === 'result')).toHaveLength(1);
    const again = await run(['--resume', 'twice', 'again'], against(server.baseUrl));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('It is 42.') });
  });
});
