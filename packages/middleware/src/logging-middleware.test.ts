import { fail, failed, InvalidOptionsError, succeeded } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { aCommandCall, anEventCall, aroundCommand, aroundEvent } from '../test/calls.ts';
import { loggingMiddleware } from './logging-middleware.ts';
import type { Logger } from './logger.ts';

function createRecorder() {
  const records: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void records.push({ level, fields: { ...fields }, message });
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { records, logger };
}

describe('loggingMiddleware (8)', () => {
  it('logs the success of a command with its fields, and its beginning when told to', async () => {
    const { records, logger } = createRecorder();
    const clock = createFakeClock();
    const call = aCommandCall();

    await aroundCommand(loggingMiddleware({ logger, clock, beginnings: true }), call, async () => {
      clock.advance(12);
      return succeeded(1, call.command.id);
    });

    expect(records.map(({ level, message }) => [level, message])).toEqual([
      ['debug', 'add begins in adder'],
      ['info', 'add succeeded'],
    ]);
    expect(records[1]?.fields).toEqual({
      type: 'add',
      id: call.command.id,
      sessionId: 'BUS',
      correlationId: call.command.correlationId,
      handler: 'adder',
      durationMs: 12,
    });
  });

  it('logs the failure of a command as an error and gives the result on', async () => {
    const { records, logger } = createRecorder();
    const call = aCommandCall();
    const error = new Error('no');

    const result = await aroundCommand(loggingMiddleware({ logger, level: 'debug' }), call, () =>
      Promise.resolve(failed(error, call.command.id)),
    );

    expect(result).toMatchObject(fail(error));
    expect(records[0]).toMatchObject({ level: 'error', message: 'add failed', fields: { error } });
  });

  it('logs event handlers, and rethrows what they threw', async () => {
    const { records, logger } = createRecorder();
    const logging = loggingMiddleware({ logger });

    await aroundEvent(logging, anEventCall(), () => Promise.resolve());
    await expect(
      aroundEvent(logging, anEventCall(), () => Promise.reject(new Error('no'))),
    ).rejects.toThrowError('no');

    expect(records.filter(({ level }) => level !== 'debug').map(({ message }) => message)).toEqual([
      'added handled by logger',
      'added failed in logger',
    ]);
  });

  it('logs no message data', async () => {
    const { records, logger } = createRecorder();

    await aroundEvent(loggingMiddleware({ logger }), anEventCall(), () => Promise.resolve());

    expect(JSON.stringify(records)).not.toContain('"n":1');
  });

  it('is not disturbed by a logger that throws', async () => {
    const broken = (): never => {
      throw new Error('disk full');
    };
    const logger = { debug: broken, info: broken, warn: broken, error: broken };
    const call = aCommandCall();

    const result = await aroundCommand(loggingMiddleware({ logger }), call, () =>
      Promise.resolve(succeeded(7, call.command.id)),
    );

    expect(result.success).toBe(true);
  });

  it('logs to the console by default', () => {
    expect(() => loggingMiddleware()).not.toThrowError();
  });

  it('refuses a logger without the four methods and an unknown level, both at once', () => {
    const wrong = { logger: {} as Logger, level: 'loud' as 'info' };

    expect(() => loggingMiddleware(wrong)).toThrowError(InvalidOptionsError);
    expect(() => loggingMiddleware(wrong)).toThrowError(/logger.*level/);
  });

  it('makes no record where the logger says that the level is off', async () => {
    const { records, logger } = createRecorder();
    const isLevelEnabled = (level: string) => level === 'error';
    const logging = loggingMiddleware({ logger: { ...logger, isLevelEnabled }, beginnings: true });
    const call = aCommandCall();

    await aroundCommand(logging, call, async () => succeeded(1, call.command.id));
    await aroundEvent(logging, anEventCall(), async () => {});
    await aroundCommand(logging, call, async () => failed(new Error('no'), call.command.id));

    expect(records.map(({ message }) => message)).toEqual(['add failed']);
  });
});
