import { InvalidOptionsError } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from './database-url.ts';
import { UnsupportedDatabaseUrlError } from './errors.ts';
import { optionsFromEnv } from './options-from-env.ts';
import { checkOptions } from './persistence-options.ts';

describe('parseDatabaseUrl', () => {
  it.each([
    ['sqlite:///./message_bus.db', './message_bus.db'],
    ['sqlite:///relative.db', 'relative.db'],
    ['sqlite:////var/lib/bus.db', '/var/lib/bus.db'],
    ['sqlite:///with%20space.db', 'with space.db'],
    ['sqlite:///100%.db', '100%.db'],
    ['SQLite+aiosqlite:///a.db', 'a.db'],
    ['sqlite:a.db', 'a.db'],
    ['sqlite://', ':memory:'],
    ['sqlite:///:memory:', ':memory:'],
  ])('reads %s', (url, file) => {
    expect(parseDatabaseUrl(url)).toEqual({ dialect: 'sqlite', file });
  });

  it.each([
    'postgres://u@h/d',
    'postgresql://u:p%40ss@h:5433/d?sslmode=require',
    'postgresql+asyncpg://h/d',
  ])('reads %s', (url) => {
    expect(parseDatabaseUrl(url)).toMatchObject({ dialect: 'postgres' });
  });

  it.each([
    '',
    'message_bus.db',
    'mysql://u:secret@h/d',
    'mongodb+srv://u:secret@h/d',
    'http://u:secret@h/d',
    'sqlite://host/file.db',
    'sqlite:///',
    'sqlite:///a.db?password=secret',
    'postgresql:secret',
    'postgresql://u:sec ret@h:port/d',
    '//u:secret@h',
  ])('refuses %s and shows no password', (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(UnsupportedDatabaseUrlError);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/secret|sec ret/);
  });
});

describe('checkOptions', () => {
  it('refuses a URL that is no text, and does not show it', () => {
    const url = new URL('postgresql://u:secret@h/d') as never;

    expect(() => checkOptions({ url })).toThrow(InvalidOptionsError);
    expect(() => checkOptions({ url })).not.toThrow(/secret/);
  });

  it.each(['a', '_a', 'message_bus', 'select', 'table', 'x'.repeat(63)])(
    'takes the schema %s',
    (schema) => {
      expect(checkOptions({ schema, url: 'sqlite://' }).schema).toBe(schema);
    },
  );

  it.each([
    '',
    'A',
    'message-bus',
    'a.b',
    'a"b',
    "a'b",
    'a;drop',
    '1a',
    'ä',
    'x'.repeat(64),
    'a b',
    'a\n',
  ])('refuses the schema %j', (schema) => {
    expect(() => checkOptions({ schema, url: 'sqlite://' })).toThrow(InvalidOptionsError);
  });

  it('refuses names that the database keeps for itself', () => {
    expect(() => checkOptions({ schema: 'pg_bus', url: 'postgres://h/d' })).toThrow(
      InvalidOptionsError,
    );
    expect(() => checkOptions({ schema: 'sqlite', url: 'sqlite://' })).toThrow(InvalidOptionsError);
    expect(checkOptions({ schema: 'pg_bus', url: 'sqlite://' }).schema).toBe('pg_bus');
  });

  it('names all problems at once', () => {
    const options = {
      schema: 'A',
      waitMs: -1,
      maxMessageBytes: 0.5,
      onStoreFailure: 'explode' as never,
      synchronous: 'OFF' as never,
      eventLog: { bufferSize: 0, writeDelayMs: Number.NaN },
    };

    expect(() => checkOptions(options)).toThrow(
      expect.objectContaining({
        problems: expect.toSatisfy((problems: unknown[]) => problems.length === 7),
      }),
    );
  });
});

describe('optionsFromEnv', () => {
  it('reads the variables of the guide', () => {
    const environment = {
      LLMGINE_DB_URL: 'sqlite:///x.db',
      LLMGINE_DB_SCHEMA: 'other',
      LLMGINE_PERSIST_EVENTS: '1',
    };

    expect(optionsFromEnv(environment)).toEqual({
      url: 'sqlite:///x.db',
      schema: 'other',
      persistEvents: true,
    });
  });

  it('takes an empty variable for none', () => {
    expect(optionsFromEnv({ LLMGINE_DB_URL: '', LLMGINE_PERSIST_EVENTS: '0' })).toEqual({
      persistEvents: false,
    });
  });
});
