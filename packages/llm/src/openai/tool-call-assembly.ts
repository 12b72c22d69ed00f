import type { ModelToolCall } from '../chat-message.ts';
import { isPlainObject, mergePieces, type PlainObject } from './plain-object.ts';

interface Draft {
  id: string;
  name: string;
  args: string;
  extra: PlainObject | undefined;
  readonly index: number | undefined;
}

interface Piece {
  readonly id: string;
  readonly index: number | undefined;
  readonly name: string;
  readonly args: string;
  readonly extra: PlainObject | undefined;
}

/** Puts tool calls together from the pieces that a stream carries, whatever the endpoint's habits. */
export interface ToolCallAssembly {
  /** Takes the `tool_calls` of one delta. */
  add(pieces: unknown): void;
  /** The calls in the order in which they began, each with a name and an id of its own. */
  finish(responseId: string): ModelToolCall[];
}

/** Makes an assembly that finds a piece's call by id, then by index, then takes the latest. */
export function createToolCallAssembly(): ToolCallAssembly {
  const drafts: Draft[] = [];

  return {
    add(pieces) {
      const list = Array.isArray(pieces) ? pieces : [pieces];
      for (const piece of list) if (isPlainObject(piece)) addPiece(readPiece(piece));
    },
    finish: (responseId) =>
      drafts
        .filter(({ name, args }) => name !== '' || args !== '')
        .map((draft, position, all) =>
          finished(draft, uniqueId(draft, position, { all, responseId })),
        ),
  };

  function addPiece(piece: Piece): void {
    const draft = draftFor(piece);
    if (!draft) {
      drafts.push({ ...piece });
      return;
    }
    if (draft.id === '') draft.id = piece.id;
    draft.name = joinNames(draft.name, piece.name);
    draft.args = joinArguments(draft.args, piece.args);
    if (piece.extra) draft.extra = mergePieces(draft.extra, piece.extra) as PlainObject;
  }

  /** Undefined: the piece begins a new call. */
  function draftFor(piece: Piece): Draft | undefined {
    if (piece.id !== '') {
      const sameId = drafts.findLast(({ id }) => id === piece.id);
      if (sameId) return isSecondUseOfId(sameId, piece) ? undefined : sameId;
    }
    const candidate =
      piece.index === undefined
        ? drafts.at(-1)
        : drafts.findLast(({ index }) => index === piece.index);
    return candidate && !beginsAnother(candidate, piece) ? candidate : undefined;
  }
}

/** Some endpoints use the function's name as the id, so two calls of one function share it. */
function isSecondUseOfId(draft: Draft, piece: Piece): boolean {
  const elsewhere = piece.index !== undefined && piece.index !== draft.index;
  return elsewhere && piece.name !== '' && piece.args !== '' && isCompleteJson(draft.args);
}

/** Tells whether a piece at a call's place belongs to another call: some endpoints reuse an index or have none. */
function beginsAnother(draft: Draft, piece: Piece): boolean {
  if (piece.name === '' || draft.name === '') return false;
  const newId = piece.id !== '' && draft.id !== '';
  if (newId) return isCompleteJson(draft.args) || (draft.args === '' && piece.name !== draft.name);
  if (piece.name === draft.name) {
    return piece.args !== '' && draft.args !== '{}' && isCompleteJson(draft.args);
  }
  return isCompleteJson(draft.args);
}

function readPiece(call: PlainObject): Piece {
  const { id, index, type: _type, function: called, ...rest } = call;
  const inner = isPlainObject(called) ? called : call;
  const { name: _name, arguments: _arguments, ...flatRest } = rest;
  const extra = isPlainObject(called) ? rest : flatRest;
  return {
    id: typeof id === 'string' ? id : typeof id === 'number' ? String(id) : '',
    index: typeof index === 'number' ? index : undefined,
    name: typeof inner['name'] === 'string' ? inner['name'] : '',
    args: readArguments(inner['arguments']),
    extra: Object.keys(extra).length > 0 ? extra : undefined,
  };
}

function readArguments(args: unknown): string {
  if (typeof args === 'string') return args;
  return args === null || args === undefined ? '' : JSON.stringify(args);
}

/** A name is repeated in every piece by some endpoints and cut in pieces by others. */
function joinNames(before: string, piece: string): string {
  return piece === '' || piece === before ? before : before + piece;
}

/** Some endpoints send `{}` as a place holder before the arguments. */
function joinArguments(before: string, piece: string): string {
  return before.trim() === '{}' && piece.trim() !== '' ? piece : before + piece;
}

function isCompleteJson(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function finished({ name, args, extra }: Draft, id: string): ModelToolCall {
  return {
    id,
    name: name === '' ? 'unnamed' : name,
    arguments: args.trim() === '' || args.trim() === 'null' ? '{}' : args,
    ...(extra && { extra }),
  };
}

function uniqueId(
  { id }: Draft,
  position: number,
  { all, responseId }: { readonly all: readonly Draft[]; readonly responseId: string },
): string {
  if (id === '') return `call_${responseId}_${position}`;
  const earlier = all.slice(0, position).filter((other) => other.id === id).length;
  return earlier === 0 ? id : `${id}_${earlier}`;
}
