import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '@llmgine/core';
import { createChatHistory, NO_RESULT, type ChatHistory } from './chat-history.ts';
import type { ChatMessage } from './chat-message.ts';
import { compactHistory } from './compaction.ts';
import { ToolCallNotOpenError } from './errors.ts';

const call = (id: string) => ({ id, name: 'go', arguments: '{}' });

/** What endpoints demand of a conversation. */
function expectLegal(messages: readonly ChatMessage[]): void {
  const conversation = messages.filter(({ role }) => role !== 'system');
  expect(messages.slice(1).some(({ role }) => role === 'system')).toBe(false);
  if (conversation.length > 0) expect(conversation[0]!.role).toBe('user');
  let open: string[] = [];
  let previous: ChatMessage | undefined;
  for (const message of conversation) {
    if (message.role === 'tool') {
      expect(open).toContain(message.tool_call_id);
      open = open.filter((id) => id !== message.tool_call_id);
    } else {
      expect(open).toEqual([]);
      if (message.role === 'user') expect(['assistant', undefined]).toContain(previous?.role);
      if (message.role === 'assistant') {
        expect(['user', 'tool']).toContain(previous?.role);
        open = (message.tool_calls ?? []).map(({ id }) => id);
      }
    }
    previous = message;
  }
  expect(open).toEqual([]);
}

describe('createChatHistory', () => {
  it('14.2 shows a round of tools as the protocol wants it', () => {
    const history = createChatHistory({ systemPrompt: 'Be brief.' });

    history.addUserMessage('hi');
    history.addAssistantMessage('Let me see.', { toolCalls: [call('a'), call('b')] });
    history.addToolMessage({ toolCallId: 'a', content: '1' });
    history.addToolMessage({ toolCallId: 'b', content: '2' });
    history.addAssistantMessage('Done.');

    expect(history.getMessages()).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: ['a', 'b'].map((id) => ({
          id,
          type: 'function',
          function: { name: 'go', arguments: '{}' },
        })),
      },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'assistant', content: 'Done.' },
    ]);
  });

  it('14.1 keeps fields of an assistant message that it does not know', () => {
    const history = createChatHistory();

    history.addUserMessage('hi');
    history.addAssistantMessage('yo', { extra: { reasoning_content: 'hm' } });

    expect(history.getMessages()[1]).toEqual({
      role: 'assistant',
      content: 'yo',
      reasoning_content: 'hm',
    });
  });

  it('14.2 gives calls that were never answered a result when the next prompt comes', () => {
    const history = createChatHistory();

    history.addUserMessage('hi');
    history.addAssistantMessage(null, { toolCalls: [call('a')] });
    history.addUserMessage('hello?');

    expect(history.getMessages()).toContainEqual({
      role: 'tool',
      tool_call_id: 'a',
      content: NO_RESULT,
    });
    expectLegal(history.getMessages());
  });

  it('refuses a result for a call that does not wait for one', () => {
    const history = createChatHistory();
    history.addUserMessage('hi');
    history.addAssistantMessage(null, { toolCalls: [call('a')] });
    history.addToolMessage({ toolCallId: 'a', content: '1' });

    expect(() => history.addToolMessage({ toolCallId: 'a', content: '2' })).toThrow(
      ToolCallNotOpenError,
    );
    expect(() => history.addToolMessage({ toolCallId: 'x', content: '2' })).toThrow(
      ToolCallNotOpenError,
    );
  });

  it('refuses two calls with one id, and calls without one', () => {
    const history = createChatHistory();

    expect(() => history.addAssistantMessage(null, { toolCalls: [call('a'), call('a')] })).toThrow(
      InvalidOptionsError,
    );
    expect(() => history.addAssistantMessage(null, { toolCalls: [call('')] })).toThrow(
      InvalidOptionsError,
    );
  });

  it('takes the same call id again in a later step', () => {
    const history = createChatHistory();
    history.addUserMessage('hi');
    for (const content of ['1', '2']) {
      history.addAssistantMessage(null, { toolCalls: [call('a')] });
      history.addToolMessage({ toolCallId: 'a', content });
    }

    expectLegal(history.getMessages());
  });

  it('14.2 trims by whole turns and never the last one', () => {
    const history = createChatHistory({ systemPrompt: 's' });
    history.addUserMessage('first');
    history.addAssistantMessage(null, { toolCalls: [call('a')] });
    history.addToolMessage({ toolCallId: 'a', content: 'x'.repeat(1_000) });
    history.addAssistantMessage('one');
    history.addUserMessage('x'.repeat(30_000));

    const forgotten = history.trim({ maxCharacters: 500 });

    expect(forgotten).toHaveLength(4);
    expect(history.getMessages().map(({ role }) => role)).toEqual(['system', 'user']);
  });

  it('counts tool arguments when it trims', () => {
    const history = createChatHistory();
    history.addUserMessage('a');
    history.addAssistantMessage(null, {
      toolCalls: [{ id: 'a', name: 'go', arguments: 'x'.repeat(900) }],
    });
    history.addUserMessage('b');

    expect(history.trim({ maxCharacters: 500 })).not.toHaveLength(0);
  });

  it('14.2 forks into a copy that goes its own way', () => {
    const history = createChatHistory();
    history.addUserMessage('a');
    history.addAssistantMessage('b');

    const fork = history.fork(1);
    fork.addAssistantMessage('other');

    expect(history.getMessages().at(-1)).toEqual({ role: 'assistant', content: 'b' });
    expect(fork.getMessages().at(-1)).toEqual({ role: 'assistant', content: 'other' });
  });

  it('survives JSON', () => {
    const history = createChatHistory({ systemPrompt: 's' });
    history.addUserMessage([{ type: 'text', text: 'a' }]);
    history.addAssistantMessage(null, { toolCalls: [call('a')] });
    const copy = createChatHistory();

    copy.fromJSON(JSON.parse(JSON.stringify(history)));

    expect(copy.getMessages()).toEqual(history.getMessages());
    expect(copy.openToolCalls).toEqual(['a']);
  });

  it('refuses what is no history', () => {
    expect(() => createChatHistory().fromJSON({} as never)).toThrow(InvalidOptionsError);
  });

  it('mends a saved conversation that was cut in the middle', () => {
    const history = createChatHistory();

    history.fromJSON({
      version: 1,
      messages: [
        { role: 'tool', tool_call_id: 'gone', content: '1' },
        { role: 'assistant', content: 'x' },
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'go', arguments: '{}' } }],
        },
        { role: 'user', content: 'q2' },
      ],
    });

    expectLegal(history.getMessages());
  });

  it('14.2 is legal at every moment, whatever was done to it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('user' as const), text: fc.string() }),
      fc.record({
        do: fc.constant('assistant' as const),
        ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
      }),
      fc.record({ do: fc.constant('tool' as const), id: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('abort' as const) }),
      fc.record({ do: fc.constant('trim' as const), max: fc.nat(20) }),
      fc.record({ do: fc.constant('truncate' as const), length: fc.nat(20) }),
      fc.record({ do: fc.constant('fork' as const), at: fc.nat(20) }),
      fc.record({ do: fc.constant('save' as const) }),
      fc.record({ do: fc.constant('cut' as const), from: fc.nat(5), to: fc.nat(30) }),
      fc.record({ do: fc.constant('summary' as const), text: fc.string() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let history = createChatHistory({ systemPrompt: 's' });
        for (const each of steps) {
          history = apply(history, each);
          expectLegal(history.getMessages());
        }
      }),
      { numRuns: 500 },
    );
  });
});

type Step =
  | { do: 'user'; text: string }
  | { do: 'assistant'; ids: string[] }
  | { do: 'tool'; id: string }
  | { do: 'abort' }
  | { do: 'trim'; max: number }
  | { do: 'truncate'; length: number }
  | { do: 'fork'; at: number }
  | { do: 'save' }
  | { do: 'cut'; from: number; to: number }
  | { do: 'summary'; text: string };

function apply(history: ChatHistory, step: Step): ChatHistory {
  switch (step.do) {
    case 'user':
      history.addUserMessage(step.text);
      return history;
    case 'assistant':
      history.addAssistantMessage('t', { toolCalls: step.ids.map(call) });
      return history;
    case 'tool':
      if (history.openToolCalls.includes(step.id))
        history.addToolMessage({ toolCallId: step.id, content: 'r' });
      return history;
    case 'abort':
      history.closeOpenToolCalls();
      return history;
    case 'trim':
      history.trim({ maxMessages: step.max });
      return history;
    case 'truncate':
      history.truncate(step.length);
      return history;
    case 'fork':
      return history.fork(step.at);
    case 'save': {
      const resumed = createChatHistory();
      resumed.fromJSON(JSON.parse(JSON.stringify(history)));
      return resumed;
    }
    case 'cut': {
      const { messages, ...kept } = history.toJSON();
      history.fromJSON({ ...kept, messages: messages.slice(step.from, step.to) });
      return history;
    }
    case 'summary':
      history.setSummary(step.text);
      return history;
    default:
      return step satisfies never;
  }
}

describe('compactHistory', () => {
  it('puts a summary in the place of the oldest turns', async () => {
    const history = createChatHistory({ systemPrompt: 'Be brief.' });
    for (const text of ['one', 'two', 'three']) {
      history.addUserMessage(text);
      history.addAssistantMessage(`${text}!`);
    }

    const compacted = await compactHistory(history, {
      limits: { maxMessages: 2 },
      summarise: async ({ forgotten }) => `Before: ${forgotten.length} messages.`,
    });

    expect(compacted).toBe(true);
    expect(history.getMessages()).toEqual([
      { role: 'system', content: 'Be brief.\n\nBefore: 4 messages.' },
      { role: 'user', content: 'three' },
      { role: 'assistant', content: 'three!' },
    ]);
  });

  it('does nothing while the conversation fits', async () => {
    const history = createChatHistory();
    history.addUserMessage('one');

    expect(
      await compactHistory(history, { limits: { maxMessages: 5 }, summarise: async () => 'x' }),
    ).toBe(false);
  });

  it('loses nothing when the summary fails', async () => {
    const history = createChatHistory();
    for (const text of ['one', 'two']) history.addUserMessage(text);

    await expect(
      compactHistory(history, {
        limits: { maxMessages: 1 },
        summarise: () => Promise.reject(new Error('no')),
      }),
    ).rejects.toThrow('no');
    expect(history.length).toBe(2);
  });
});
