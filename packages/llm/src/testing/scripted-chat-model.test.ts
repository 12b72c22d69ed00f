import { describe, expect, it } from 'vitest';
import { ScriptMismatchError } from '../errors.ts';
import { scriptedChatModel } from './scripted-chat-model.ts';

const request = { messages: [] };

describe('scriptedChatModel', () => {
  it('14.8 gives its answers in turn and says when some are left', async () => {
    const model = scriptedChatModel([
      { text: 'one' },
      ({ messages }) => ({ text: `asked ${messages.length}` }),
    ]);

    expect((await model.generate(request)).message.content).toBe('one');
    expect(() => model.assertComplete()).toThrow(ScriptMismatchError);
    expect((await model.generate(request)).message.content).toBe('asked 0');
    expect(() => model.assertComplete()).not.toThrow();
  });

  it('fails when it is asked too often', async () => {
    await expect(scriptedChatModel([]).generate(request)).rejects.toThrow(ScriptMismatchError);
  });

  it('throws where the script says so', async () => {
    await expect(
      scriptedChatModel([{ error: new Error('boom') }]).generate(request),
    ).rejects.toThrow('boom');
  });
});
