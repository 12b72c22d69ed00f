import type { Fact, Row } from './row.ts';

/** Writes rows as a table for each case, in Markdown. */
export function toTables(rows: readonly Row[]): string {
  const byCase = Map.groupBy(rows, (row) => `### ${row.area}: ${row.case}`);
  return [...byCase]
    .map(([title, ofCase]) => {
      const cells = ofCase.map((row) => [
        row.subject,
        row.version,
        formatNs(row.nsPerOp),
        formatRatio(row.ratioToLimit),
        formatRatio(row.ratioToUs),
      ]);
      return `${title}\n\n${toTable(['subject', 'version', 'ns per op', '× limit', '× us'], cells)}`;
    })
    .join('\n\n');
}

/** Writes facts as one table, in Markdown. */
export function toFactTable(facts: readonly Fact[]): string {
  const cells = facts.map(({ area, name, value, unit, target }) => [
    `${area}: ${name}`,
    `${Number(value.toPrecision(3))} ${unit}`,
    target ?? '',
  ]);
  return toTable(['what', 'measured', 'to reach'], cells);
}

function toTable(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`]
    .concat(cells.map(line))
    .join('\n');
}

function formatNs(ns: number): string {
  return Math.round(ns).toLocaleString('en');
}

function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : ratio.toFixed(ratio < 10 ? 2 : 1);
}
