import { stripVTControlCharacters } from 'node:util';

/** Text from models and tools as a terminal may show it: no control sequences that could redraw or report. */
export function safeForTerminal(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to remove
  return stripVTControlCharacters(text).replaceAll(
    /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g,
    '',
  );
}

/** The beginning of a text on one line of a terminal. */
export function oneLine(text: string, width: number): string {
  const line = safeForTerminal(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(width - 1, 1))}…`;
}
