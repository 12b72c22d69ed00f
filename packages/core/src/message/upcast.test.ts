import { describe, expect, it } from 'vitest';
import { defineEvent } from './define-messages.ts';
import { typeOnly } from './type-only.ts';
import { upcast } from './upcast.ts';

const Third = defineEvent('third', {
  data: typeOnly<{ readonly words: readonly string[] }>(),
  version: 3,
  upcast: {
    1: (data: { text: string }) => ({ text: data.text.trim() }),
    2: (data: { text: string }) => ({ words: data.text.split(' ') }),
  },
});

const stored = (version: number, data: unknown) => ({ ...Third({ words: [] }), version, data });

describe('upcast', () => {
  it('1.6 raises stored older data one version at a time', () => {
    const raised = upcast(stored(1, { text: ' a b ' }), Third);

    expect(raised).toMatchObject({ version: 3, data: { words: ['a', 'b'] } });
    expect(upcast(stored(2, { text: 'a b' }), Third).data).toEqual({ words: ['a', 'b'] });
  });

  it('1.6 leaves data of the present version, and the stored message, as they are', () => {
    const [present, older] = [stored(3, { words: [] }), Object.freeze(stored(1, { text: '' }))];

    expect(upcast(present, Third)).toBe(present);
    expect(upcast(older, Third)).not.toBe(older);
    expect(older.version).toBe(1);
  });

  it('1.6 refuses a newer version than known, and says so', () => {
    expect(() => upcast(stored(4, {}), Third)).toThrow(
      expect.objectContaining({
        code: 'LLMGINE_NEWER_MESSAGE_VERSION',
        messageType: 'third',
        storedVersion: 4,
        knownVersion: 3,
      }),
    );
  });

  it('1.6 refuses a version that no upcast starts from', () => {
    const Gap = defineEvent('gap', {
      data: typeOnly<unknown>(),
      version: 3,
      upcast: { 1: (data) => data },
    });

    expect(() => upcast({ ...Gap({}), version: 1 }, Gap)).toThrow(/no upcast from there/);
  });
});
