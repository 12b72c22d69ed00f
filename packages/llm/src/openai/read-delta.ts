import { isPlainObject, type PlainObject } from './plain-object.ts';

/** The text of a `content`: a string, or a list of parts of which some are text. */
export function readContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(textOfPart).join('');
}

/** What a model thinks before it answers, under the names that endpoints give it. */
export function reasoningOf(delta: PlainObject): string {
  for (const key of ['reasoning_content', 'reasoning'] as const) {
    const text = delta[key];
    if (typeof text === 'string' && text !== '') return text;
  }
  const { content } = delta;
  return Array.isArray(content) ? content.map(thinkingOfPart).join('') : '';
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isPlainObject(part)) return '';
  const { type, text } = part;
  return typeof text === 'string' &&
    (type === undefined || type === 'text' || type === 'output_text')
    ? text
    : '';
}

function thinkingOfPart(part: unknown): string {
  if (!isPlainObject(part) || part['type'] !== 'thinking') return '';
  return readContent(part['thinking']);
}
