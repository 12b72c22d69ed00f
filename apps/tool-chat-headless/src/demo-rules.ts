/** A call that the rules found in a prompt. */
export interface PlannedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface Rule {
  readonly pattern: RegExp;
  readonly call: (found: string) => PlannedCall | undefined;
}

const RULES: readonly Rule[] = [
  {
    pattern:
      /[Ww]eather (?:is it |like )?(?:in|at|for) (\p{Lu}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]*)*|[\p{L}'-]+)/gu,
    call: (city) => ({ name: 'get_weather', arguments: { city } }),
  },
  {
    pattern: /((?:\d|sqrt|\()[\d\s.+\-*/^%()a-z]*\d\)*)/gi,
    call: (found) => {
      const expression = found.trim();
      return /[+\-*/^%]|sqrt/.test(expression)
        ? { name: 'calculate', arguments: { expression } }
        : undefined;
    },
  },
  {
    pattern: /(?:search(?: the web)?(?: for)?|look up|google)\s+["']?([^"'.?!\n]+)/gi,
    call: (query) => ({ name: 'search_web', arguments: { query: query.trim() } }),
  },
  {
    pattern: /(?:fetch|open|download|summari[sz]e)\s+(https?:\/\/\S+)/gi,
    call: (url) => ({ name: 'fetch_url', arguments: { url } }),
  },
  {
    pattern: /(?:read|show|print)\s+(?:the )?(?:file\s+)?([\w./-]+\.\w+)/gi,
    call: (path) => ({ name: 'read_file', arguments: { path } }),
  },
  {
    pattern: /\blist\s+(?:the )?files(?:\s+in\s+([\w./-]+))?/gi,
    call: (path) => ({ name: 'list_files', arguments: { path: path || '.' } }),
  },
];

/** Finds what a prompt asks the demo's tools for, in rounds: one kind of call after another. */
export function planRounds(prompt: string): PlannedCall[][] {
  return RULES.map(({ pattern, call }) =>
    [...prompt.matchAll(pattern)].flatMap(([, found = '']) => call(found) ?? []),
  ).filter((round) => round.length > 0);
}
