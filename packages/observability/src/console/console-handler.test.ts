import { Writable } from 'node:stream';
import { defineCommand, fail, ok, sessionId, typeOnly, type BusSignal } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { createConsoleHandler, type ConsoleHandlerOptions } from './console-handler.ts';

const Ask = defineCommand('chat.ask', { data: typeOnly<{ prompt: string }>() });
const command = Ask(
  { prompt: 'hello' },
  { id: '01a20452-eb47-7000-8345-e5ac102a2928', sessionId: sessionId('demo') },
);
const at = Date.UTC(2026, 10, 22, 17, 4, 55, 123);
const completed = (error?: Error): BusSignal => ({
  type: 'command.completed',
  at,
  command,
  durationMs: 12.34,
  result: { ...(error ? fail(error) : ok('hi')), commandId: command.id },
});

class Screen extends Writable {
  text = '';
  isTTY: boolean;

  constructor(isTerminal: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTerminal;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function shown(
  signals: readonly BusSignal[],
  options: ConsoleHandlerOptions = {},
  isTerminal = true,
) {
  const stream = new Screen(isTerminal);
  const handler = createConsoleHandler({
    stream,
    environment: {},
    colour: false,
    offsetMinutes: () => 60,
    ...options,
  });
  for (const signal of signals) handler.observe(signal);
  return stream.text;
}

describe('createConsoleHandler', () => {
  it('12.2: writes one aligned line on a terminal: time, sign, type, duration, session and correlation', () => {
    expect(shown([completed()])).toBe(
      '18:04:55.123 ✓ chat.ask                        12.3 ms demo         eb47-7000\n',
    );
  });

  it('12.2: keeps the columns in place whatever is in them', () => {
    const lines = shown([
      completed(),
      { type: 'command.retried', at, command, attempt: 1, delayMs: 200, error: new Error('busy') },
      { type: 'session.started', at, sessionId: sessionId('demo') },
    ])
      .trimEnd()
      .split('\n');

    expect(lines.map((line) => line.indexOf('demo'))).toEqual([55, 55, 55]);
  });

  it('12.2: says why something failed', () => {
    const error = new TypeError('no such thing', { cause: new Error('gone') });

    expect(shown([completed(error)])).toContain('TypeError: no such thing ← Error: gone');
  });

  it('12.2: writes JSON lines when no terminal reads it', () => {
    const line = shown([completed()], {}, false);

    expect(JSON.parse(line)).toEqual({
      time: '2026-11-22T17:04:55.123Z',
      level: 'info',
      signal: 'command.completed',
      type: 'chat.ask',
      kind: 'command',
      id: command.id,
      session: 'demo',
      correlation: command.id,
      durationMs: 12.34,
      outcome: 'ok',
    });
  });

  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('12.2: on a terminal: %s, with %o, colours: %s', (isTerminal, environment, colours) => {
    const stream = new Screen(isTerminal);
    const handler = createConsoleHandler({ stream, environment, format: 'pretty' });

    handler.observe(completed());

    expect(stream.text.includes('\u001B[')).toBe(colours);
  });

  it('12.1: wants only the signals that can have a record of its level', () => {
    const { signals } = createConsoleHandler({ level: 'error', stream: new Screen(true) });

    expect(signals).toContain('command.completed');
    expect(signals).not.toContain('event.queued');
    expect(shown([completed()], { level: 'error' })).toBe('');
  });

  it('12.3: shows no data of messages unless told to', () => {
    const started: BusSignal = { type: 'command.started', at, command };

    expect(shown([started], { level: 'debug' })).not.toContain('hello');
    expect(shown([started], { level: 'debug', content: true })).toContain('{"prompt":"hello"}');
  });

  it('does not let text of others steer the terminal', () => {
    const error = new Error('red \u001B[31m alert\r\nnext line');

    const line = shown([completed(error)]);

    expect(line).not.toContain('\u001B');
    expect(line.trimEnd().split('\n')).toHaveLength(1);
  });

  it('leaves lines out when its reader does not keep up, and says how many', () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => void (release = done),
      highWaterMark: 1,
    });
    let release = (): void => {};
    const handler = createConsoleHandler({ stream, format: 'json', environment: {} });
    const lengthy = completed(new Error('x'.repeat(600_000)));

    for (let count = 0; count < 5; count++) handler.observe(lengthy);
    const unread = stream.writableLength;

    expect(unread).toBeLessThan(5 * 600_000);
    release();
  });

  it('goes quiet when its reader has gone away', () => {
    const stream = new Screen(false);
    const handler = createConsoleHandler({ stream, environment: {} });

    stream.emit('error', Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    handler.observe(completed());

    expect(stream.text).toBe('');
  });

  it('names all wrong options at once', () => {
    const wrong = { name: '', level: 'loud', format: 'xml', redact: 5 };

    expect(() => createConsoleHandler(wrong as unknown as ConsoleHandlerOptions)).toThrow(
      /name .*; level .*'loud'; redact .*; format .*'xml'/,
    );
  });
});
