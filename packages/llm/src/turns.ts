import type { ConversationMessage } from './legal-view.ts';

/** Cuts a conversation where users speak: a turn is a question and all that it led to. */
export function splitTurns(messages: readonly ConversationMessage[]): ConversationMessage[][] {
  const turns: ConversationMessage[][] = [];
  for (const message of messages) {
    const current = turns.at(-1);
    if (!current || message.role === 'user') turns.push([message]);
    else current.push(message);
  }
  return turns;
}

/** The characters of messages as a model reads them, tool arguments included. */
export function countCharacters(messages: readonly ConversationMessage[]): number {
  let characters = 0;
  for (const message of messages) {
    characters += lengthOf(message.content);
    if (message.role !== 'assistant') continue;
    for (const { function: called } of message.tool_calls ?? []) {
      characters += called.name.length + called.arguments.length;
    }
  }
  return characters;
}

function lengthOf(content: ConversationMessage['content']): number {
  if (content === null) return 0;
  return typeof content === 'string' ? content.length : JSON.stringify(content).length;
}
