import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  ToolMessage,
  UserMessage,
} from './chat-message.ts';

/** A message of the conversation proper. */
export type ConversationMessage = UserMessage | AssistantMessage | ToolMessage;

/** What the model is shown where an answer is missing. */
const NO_ANSWER = 'No answer: the turn was interrupted.';

/** The result of a call that waits for one while the conversation is shown. */
const NOT_YET = 'No result yet.';

/**
 * Shows a conversation as endpoints demand it: it begins with the user, one role never speaks twice in a row,
 * tool results are followed by the assistant, and every call has a result.
 */
export function legalView(
  messages: readonly ConversationMessage[],
  open: readonly string[],
): ChatMessage[] {
  const view: ConversationMessage[] = [];
  for (const message of messages) appendLegally(view, message);
  for (const toolCallId of open) {
    view.push({ role: 'tool', tool_call_id: toolCallId, content: NOT_YET });
  }
  return view;
}

function appendLegally(view: ConversationMessage[], message: ConversationMessage): void {
  const last = view.at(-1);
  if (message.role === 'user' && last?.role === 'user') {
    view[view.length - 1] = joinUsers(last, message);
    return;
  }
  if (message.role === 'assistant' && last?.role === 'assistant') {
    view[view.length - 1] = joinAssistants(last, message);
    return;
  }
  if (message.role === 'assistant' && !last) view.push({ role: 'user', content: '(continue)' });
  if (message.role === 'user' && last?.role === 'tool') {
    view.push({ role: 'assistant', content: NO_ANSWER });
  }
  view.push(message);
}

function joinUsers(first: UserMessage, second: UserMessage): UserMessage {
  if (typeof first.content === 'string' && typeof second.content === 'string') {
    return { role: 'user', content: `${first.content}\n\n${second.content}` };
  }
  return { role: 'user', content: [...partsOf(first), ...partsOf(second)] };
}

function partsOf({ content }: UserMessage): readonly ContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** Only the second can have calls: a message with calls is followed by their results. */
function joinAssistants(first: AssistantMessage, second: AssistantMessage): AssistantMessage {
  const content = [first.content, second.content].filter(Boolean).join('\n\n');
  return { ...first, ...second, content: content === '' ? null : content };
}
