import type { Comment, Directive, Statement } from 'oxc-parser';
import type { SourceModule } from './source-module.ts';

export interface ExportedName {
  readonly name: string;
  /** The name inside the module that declares it. */
  readonly localName: string;
  /** Set when the name comes from another module. */
  readonly from: string | undefined;
}

/** Lists what a module exports by name. */
export function exportedNames({ parsed }: SourceModule): ExportedName[] {
  return parsed.module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ exportName, importName, localName, moduleRequest }) => {
      const name = exportName.name;
      if (name === null) return [];
      const inner = moduleRequest ? importName.name : localName.name;
      return [{ name, localName: inner ?? name, from: moduleRequest?.value }];
    }),
  );
}

/** Says whether a declaration of `name` has a doc comment directly above it. */
export function isDocumented({ parsed, text }: SourceModule, name: string): boolean {
  return parsed.program.body
    .filter((statement) => declaredNames(statement).includes(name))
    .some((statement) => docCommentAbove(parsed.comments, text, statement.start) !== undefined);
}

function declaredNames(statement: Statement | Directive): string[] {
  const declaration =
    statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  switch (declaration?.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id }) =>
        id.type === 'Identifier' ? [id.name] : [],
      );
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSDeclareFunction':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return declaration.id ? [declaration.id.name] : [];
    default:
      return [];
  }
}

function docCommentAbove(
  comments: readonly Comment[],
  text: string,
  start: number,
): Comment | undefined {
  return comments.find(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      /\w/.test(value) &&
      end <= start &&
      text.slice(end, start).trim() === '',
  );
}
