import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redactor.ts';

const redact = createRedactor();
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const privateKey =
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEow+IBAAK/CAQEA\n-----END RSA PRIVATE KEY-----';

describe('createRedactor', () => {
  it.each([
    ['password', 'x'],
    ['userPassword', 'x'],
    ['passwordHash', 'x'],
    ['X-Api-Key', 'x'],
    ['OPENAI_API_KEY', 'x'],
    ['accessToken', 'x'],
    ['refresh_token', 'x'],
    ['Authorization', 'x'],
    ['Set-Cookie', 'x'],
    ['client_secret', { nested: 'x' }],
    ['pwd', 1234],
  ])('hides the value of a field named %s', (name, value) => {
    expect(redact({ [name]: value })).toEqual({ [name]: '[redacted]' });
  });

  it.each([
    ['inputTokens', 12],
    ['tokenCount', 3],
    ['sessionId', 'abc'],
    ['idempotencyKey', 'abc'],
    ['secretary', 'Ann'],
    ['hasPassword', true],
    ['password', null],
    ['name', 'task-management-for-everyone'],
    ['text', 'password: must be long'],
    ['text', 'Unexpected token: found'],
    ['text', 'Bearer authentication failed'],
    ['text', 'see https://example.com:8080/a and write to a@b.c'],
  ])('keeps %s: %j', (name, value) => {
    expect(redact({ [name]: value })).toEqual({ [name]: value });
  });

  it.each([
    ['an OpenAI key', 'bad key sk-proj-abcdefghijklmnop1234 here', 'bad key [redacted] here'],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789', '[redacted]'],
    ['an AWS access key', 'id AKIAIOSFODNN7EXAMPLE.', 'id [redacted].'],
    ['a JSON web token', `got ${jwt}`, 'got [redacted]'],
    ['a bearer header', 'Bearer abc123def456', 'Bearer [redacted]'],
    ['a basic header', 'Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
    ['a connection string', 'postgres://ann:hun:ter@2@db/x', 'postgres://ann:[redacted]@db/x'],
    ['a private key', `key ${privateKey} end`, 'key [redacted] end'],
    ['a cut-off private key', `key ${privateKey.slice(0, 40)}`, 'key [redacted]'],
    ['an assignment', 'login password=hunter2, user=ann', 'login password=[redacted], user=ann'],
    ['a password after a colon', 'Password: hunter2', 'Password: [redacted]'],
    ['JSON inside text', 'body {"api_key":"xyz","a":1}', 'body {"api_key":"[redacted]","a":1}'],
    ['a query parameter', 'GET /x?token=abc&page=2', 'GET /x?token=[redacted]&page=2'],
  ])('hides %s inside text', (_, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('reaches into arrays, maps, sets, errors and URLs', () => {
    const error = Object.assign(new Error('no sk-abcdefghijklmnop1234'), { token: 'x' });

    const clean = redact([
      new Map([['token', 'x']]),
      new Set([jwt]),
      error,
      new URL('http://a:b@c/'),
    ]);

    expect(clean).toEqual([
      new Map([['token', '[redacted]']]),
      new Set(['[redacted]']),
      expect.objectContaining({ name: 'Error', message: 'no [redacted]', token: '[redacted]' }),
      'http://a:[redacted]@c/',
    ]);
  });

  it('leaves what it was given as it was', () => {
    const given = { token: 'x', list: [{ password: 'y' }] };

    redact(given);

    expect(given).toEqual({ token: 'x', list: [{ password: 'y' }] });
  });

  it('says where a value refers to itself, and copies shared values', () => {
    const shared = { a: 1 };
    const cyclic: Record<string, unknown> = { one: shared, two: shared };
    cyclic['self'] = cyclic;

    expect(redact(cyclic)).toEqual({ one: { a: 1 }, two: { a: 1 }, self: '[circular]' });
  });

  it('stops at a depth and never exhausts the stack', () => {
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 100_000; depth++) deep = { deep };

    expect(JSON.stringify(redact(deep))).toContain('[too deep]');
  });

  it('survives fields that cannot be read, and keeps a field called __proto__ a field', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    Object.defineProperty(hostile, 'bad', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });

    const clean = redact(hostile) as Record<string, unknown>;

    expect(clean['bad']).toBe('[unreadable]');
    expect(Object.hasOwn(clean, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('never throws, and never lets a secret through, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.anything({ withMap: true, withDate: true, withNullPrototype: true }),
        fc.string(),
        (value, text) => {
          expect(() => redact(value)).not.toThrow();
          expect(redact(`${text} ${jwt}`)).not.toContain('dozjgNry');
        },
      ),
    );
  });

  it('adds names and patterns to the usual ones', () => {
    const own = createRedactor({ names: ['Customer Number', /^x-/], patterns: [/K-\d+/] });

    const clean = own({ customer_number: 7, 'x-a': 'b', text: 'K-1 and K-2', token: 'x' });

    expect(clean).toEqual({
      customer_number: '[redacted]',
      'x-a': '[redacted]',
      text: '[redacted] and [redacted]',
      token: '[redacted]',
    });
  });

  it('leaves the usual ones out when told to', () => {
    const own = createRedactor({ defaults: false, names: ['pin'] });

    expect(own({ pin: 1, token: 'x' })).toEqual({ pin: '[redacted]', token: 'x' });
  });

  it('puts in what redact gives, and survives when it throws', () => {
    const own = createRedactor({ redact: (secret) => `<${String(secret).length}>` });
    const failing = createRedactor({
      redact: () => {
        throw new Error('no');
      },
    });

    expect(own({ token: 'abcd' })).toEqual({ token: '<4>' });
    expect(failing({ token: 'abcd' })).toEqual({ token: '[unreadable]' });
  });

  it('names all problems of its options at once', () => {
    expect(() => createRedactor({ names: ['--'], patterns: ['x' as never] })).toThrow(
      'Cannot create redactor: names must be strings with a letter or digit, or regular expressions; patterns must be regular expressions.',
    );
  });
});
