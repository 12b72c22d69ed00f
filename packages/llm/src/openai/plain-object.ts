/** A JSON object of unknown shape. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** Tells whether a value from the wire is an object with named fields. */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that could reach an object's prototype. */
const DANGEROUS = new Set(['__proto__', 'constructor', 'prototype']);

/** Joins the pieces of a field that comes in deltas: texts and lists grow, objects merge, the rest is replaced. */
export function mergePieces(before: unknown, piece: unknown): unknown {
  if (piece === null || piece === undefined) return before;
  if (typeof before === 'string' && typeof piece === 'string') return before + piece;
  if (Array.isArray(before) && Array.isArray(piece)) return [...before, ...piece];
  if (!isPlainObject(before) || !isPlainObject(piece)) return piece;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(piece)) {
    if (!DANGEROUS.has(key)) merged[key] = mergePieces(merged[key], value);
  }
  return merged;
}
