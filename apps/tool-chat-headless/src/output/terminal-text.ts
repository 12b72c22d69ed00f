import { stripVTControlCharacters } from 'node:util';

/** Text from models and tools as a terminal may show it: no control sequences that could redraw or report. */
export function safeForTerminal(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, (control) =>
    control === '\n' || control === '\t' ? control : '',
  );
}

/** The beginning of a text on one line of a terminal. */
export function oneLine(text: string, width: number): string {
  const line = safeForTerminal(text).replaceAll(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(width - 1, 1))}…`;
}
