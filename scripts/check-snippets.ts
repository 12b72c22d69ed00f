import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { report } from './lib/report.ts';
import { readIfPresent } from './lib/workspace.ts';

const DOCUMENTS = ['*.md', 'docs/**/*.md', '{packages,apps,examples}/*/*.md', 'benchmarks/*.md'];

interface Snippet {
  readonly line: number;
  /** Relative to the root. */
  readonly file: string;
  readonly region: string | undefined;
  readonly code: string;
}

/** Checks that code in the documents equals the file, or the region of a file, that it names. */
export function checkSnippets(root: string): string[] {
  return globSync(DOCUMENTS, { cwd: root })
    .toSorted()
    .flatMap((document) =>
      snippetsIn(readFileSync(join(root, document), 'utf8')).flatMap((snippet) => {
        const problem = problemWith(root, snippet);
        return problem === undefined ? [] : [`${document}:${snippet.line} ${problem}`];
      }),
    );
}

/** Finds the fenced blocks that name a file: ```ts file=examples/a/src/main.ts#region */
function snippetsIn(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const opening = /^ *(?<fence>`{3,})(?<info>.*)$/.exec(lines[index] ?? '')?.groups;
    if (!opening) continue;
    const start = index + 1;
    index = closingLine(lines, start, opening['fence'] ?? '');
    const named = /^\w+ +file=(?<file>[^\s#]+)(#(?<region>\S+))?/.exec(
      opening['info'] ?? '',
    )?.groups;
    if (!named) continue;
    const code = dedented(lines.slice(start, index).join('\n'));
    snippets.push({ line: start, file: named['file'] ?? '', region: named['region'], code });
  }
  return snippets;
}

/** A fence is closed by one at least as long, so a longer one can show a shorter one. */
function closingLine(lines: readonly string[], start: number, fence: string): number {
  const found = lines.findIndex((line, index) => {
    const text = line.trim();
    return index >= start && text.startsWith(fence) && /^`+$/.test(text);
  });
  return found === -1 ? lines.length : found;
}

function problemWith(root: string, { file, region, code }: Snippet): string | undefined {
  const text = readIfPresent(join(root, file));
  if (text === undefined) return `shows ${file}, which does not exist`;
  const wanted = region === undefined ? dedented(text) : regionOf(text, region);
  if (wanted === undefined) return `shows ${file}#${region}, but the file has no such region`;
  if (code === wanted) return undefined;
  const place = region === undefined ? file : `${file}#${region}`;
  return `differs from ${place}${firstDifference(code, wanted)}`;
}

function regionOf(text: string, region: string): string | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() === `// #endregion ${region}`);
  return end === -1 ? undefined : dedented(rest.slice(0, end).join('\n'));
}

/** Takes off the indent that all lines share, and empty lines at both ends. */
function dedented(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const indents = lines.filter((line) => line !== '').map((line) => line.search(/\S/));
  const shared = Math.min(...indents);
  return lines
    .map((line) => line.slice(shared))
    .join('\n')
    .replaceAll(/^\n+|\n+$/g, '');
}

function firstDifference(code: string, wanted: string): string {
  const wantedLines = wanted.split('\n');
  const codeLines = code.split('\n');
  const at = wantedLines.findIndex((line, index) => line !== codeLines[index]);
  const index = at === -1 ? wantedLines.length : at;
  const said = (line: string | undefined) => (line === undefined ? 'nothing' : `'${line.trim()}'`);
  return `: line ${index + 1} is ${said(codeLines[index])}, the file has ${said(wantedLines[index])}`;
}

if (import.meta.main) report('snippets', checkSnippets(process.cwd()));
