import { readFileSync } from 'node:fs';
import { parseSync, type Node, type ParseResult } from 'oxc-parser';

export interface ModuleImport {
  readonly specifier: string;
  readonly line: number;
  /** `import('…')` as an expression; it loads only when it runs. */
  readonly dynamic: boolean;
  /** `export … from '…'`. */
  readonly reExport: boolean;
}

export interface SourceModule {
  readonly file: string;
  readonly text: string;
  readonly parsed: ParseResult;
  readonly imports: readonly ModuleImport[];
}

/** Parses a TypeScript file and lists what it imports, type imports included. */
export function readModule(file: string): SourceModule {
  const text = readFileSync(file, 'utf8');
  const parsed = parseSync(file, text);
  const [error] = parsed.errors;
  if (error) throw new Error(`${file}: ${error.message}`);
  return { file, text, parsed, imports: importsOf(parsed, text) };
}

/** Gives the line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Calls `visit` for every node below and including `node`. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit);
    }
  }
}

function importsOf(parsed: ParseResult, text: string): ModuleImport[] {
  const imports: ModuleImport[] = [];
  walk(parsed.program, (node) => {
    const found = importIn(node);
    if (found) imports.push({ ...found, line: lineAt(text, node.start) });
  });
  return imports;
}

function importIn(node: Node): Omit<ModuleImport, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: node.source.value, dynamic: false, reExport: false };
    case 'ExportAllDeclaration':
      return { specifier: node.source.value, dynamic: false, reExport: true };
    case 'ExportNamedDeclaration':
      return node.source
        ? { specifier: node.source.value, dynamic: false, reExport: true }
        : undefined;
    case 'TSImportType':
      return { specifier: node.source.value, dynamic: false, reExport: false };
    case 'ImportExpression':
      return node.source.type === 'Literal' && typeof node.source.value === 'string'
        ? { specifier: node.source.value, dynamic: true, reExport: false }
        : undefined;
    default:
      return undefined;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
