import { createMemoryStreamStore } from '@llmgine/core/stores';
import { describe, expect, it } from 'vitest';
import { openStoredChatHistory } from './stored-chat-history.ts';

const stream = 'session/s';

describe('openStoredChatHistory', () => {
  it('gives back what was saved, with only what is new appended', async () => {
    const store = createMemoryStreamStore();
    const first = await openStoredChatHistory({ store, stream, systemPrompt: 'Be brief.' });
    first.history.addUserMessage('a');
    await first.save();
    first.history.addAssistantMessage('b');
    await first.save();
    await first.save();

    const second = await openStoredChatHistory({ store, stream });

    expect(second.history.getMessages()).toEqual(first.history.getMessages());
    const records: unknown[] = [];
    for await (const record of store.read(stream)) records.push(record);
    expect(records).toMatchObject([{ type: 'history' }, { type: 'message' }]);
  });

  it('writes a conversation anew that was cut', async () => {
    const store = createMemoryStreamStore();
    const first = await openStoredChatHistory({ store, stream });
    first.history.addUserMessage('a');
    first.history.addAssistantMessage('b');
    await first.save();
    first.history.truncate(0);
    first.history.addUserMessage('c');
    await first.save();

    const second = await openStoredChatHistory({ store, stream });

    expect(second.history.getMessages()).toEqual([{ role: 'user', content: 'c' }]);
  });

  it('refuses to write over what somebody else wrote', async () => {
    const store = createMemoryStreamStore();
    const [one, two] = [
      await openStoredChatHistory({ store, stream }),
      await openStoredChatHistory({ store, stream }),
    ];
    one.history.addUserMessage('a');
    two.history.addUserMessage('b');

    await one.save();

    await expect(two.save()).rejects.toMatchObject({ code: 'LLMGINE_STREAM_CONFLICT' });
  });
});
