/** How much of what remains goes to the beginning; ends of outputs often say how it went. */
const HEAD_SHARE = 0.7;

/** Cuts a text to at most `maxChars`: its head, a line that says how much was left out, its tail. */
export function capResult(content: string, maxChars: number): string {
  if (content.length <= maxChars) return content;

  const room = maxChars - markOf(content.length).length;
  const headEnd = beforePair(content, Math.floor(room * HEAD_SHARE));
  const tailStart = afterPair(content, content.length - (room - headEnd));
  return content.slice(0, headEnd) + markOf(tailStart - headEnd) + content.slice(tailStart);
}

function markOf(leftOut: number): string {
  return `\n[… ${leftOut} characters left out …]\n`;
}

/** A cut inside a surrogate pair would leave half a character on either side. */
function beforePair(text: string, index: number): number {
  return isInsidePair(text, index) ? index - 1 : index;
}

function afterPair(text: string, index: number): number {
  return isInsidePair(text, index) ? index + 1 : index;
}

function isInsidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
