/** Characters without width, and colour: what does not count when columns are aligned. */
// eslint-disable-next-line no-control-regex -- colour begins with the escape character
const INVISIBLE = /\u001B\[[0-9;]*m|\p{Mark}/gu;
/** East Asian wide characters and emoji take two columns. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/gu;

/** Columns that text takes on a terminal. */
export function columnsOf(text: string): number {
  const visible = text.replaceAll(INVISIBLE, '');
  return Array.from(visible).length + (visible.match(WIDE)?.length ?? 0);
}

/** Fills text up with spaces; longer text is cut, with a mark. `text` is without colour. */
export function fit(text: string, columns: number): string {
  const taken = columnsOf(text);
  if (taken <= columns) return text + ' '.repeat(columns - taken);
  let cut = '';
  for (const letter of text) {
    if (columnsOf(cut + letter) > columns - 1) break;
    cut += letter;
  }
  return `${cut}…${' '.repeat(Math.max(0, columns - 1 - columnsOf(cut)))}`;
}

/** Writes a duration so that its size can be seen at a glance, in at most 7 columns. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0.9995) return `${Math.round(durationMs * 1000)} µs`;
  if (durationMs < 99.95) return `${durationMs.toFixed(1)} ms`;
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const minutes = Math.floor(durationMs / 60_000);
  if (minutes < 60) return `${minutes}m ${Math.floor((durationMs % 60_000) / 1000)}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** Text of others on one line, without what would steer the terminal. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not reach the terminal
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g, ' ').trim();
}
