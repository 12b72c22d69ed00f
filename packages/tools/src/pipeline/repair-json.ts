import { jsonrepair } from 'jsonrepair';

/** What came of mending a text. */
export type RepairedJson = { readonly value: unknown } | { readonly problem: string };

/** Longer texts are not mended: it takes time, and nobody could say what was meant. */
const MAX_REPAIR_CHARS = 100_000;

/**
 * Mends malformed JSON: quotes, commas, comments, code fences, missing closing brackets.
 * A text that stops in the middle of a value is not completed: half a path or half a command is not what was asked for.
 */
export function repairJson(text: string): RepairedJson {
  const trimmed = withoutTrailingText(text.trim());
  if (trimmed.length > MAX_REPAIR_CHARS) return { problem: 'they are not valid JSON' };
  if (isCutOff(trimmed))
    return { problem: 'they are not complete JSON: the text stops in the middle' };
  try {
    return { value: JSON.parse(jsonrepair(trimmed)) };
  } catch {
    return { problem: 'they are not valid JSON' };
  }
}

/** Some models go on talking after the arguments. What looks like further JSON is left, since it may be meant. */
function withoutTrailingText(text: string): string {
  const end = endOfFirstObject(text);
  return end === undefined || /^\s*[[{,]/.test(text.slice(end)) ? text : text.slice(0, end);
}

function endOfFirstObject(text: string): number | undefined {
  if (!text.startsWith('{')) return undefined;
  let depth = 0;
  let inside = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '\\') index++;
    else if (character === '"') inside = !inside;
    else if (inside) continue;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return index + 1;
  }
  return undefined;
}

/** Tells whether an object's text ends inside a value, so that more than brackets is missing. */
function isCutOff(text: string): boolean {
  if (!/^[[{]/.test(text)) return false;
  if (!/["'`\]}]\s*[\]}]*\s*[)\]};]*$/.test(text.slice(-64))) return true;
  return endsInsideString(text) && !/["'`]\s*[\]}]+[\s);]*$/.test(text.slice(-64));
}

function endsInsideString(text: string): boolean {
  let inside = false;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '"') inside = !inside;
  }
  return inside;
}
