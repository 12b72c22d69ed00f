import { createColors } from 'picocolors';

/** Puts colour into text, or not. */
export type Paint = ReturnType<typeof createColors>;

/** Where to look whether colour is wanted. */
export interface ColourSources {
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Follows NO_COLOR and FORCE_COLOR, else whether somebody sits at a terminal that can show colour. */
export function wantsColour({ isTerminal, environment }: ColourSources): boolean {
  if (environment['NO_COLOR']) return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && environment['TERM'] !== 'dumb';
}

/** Makes what paints text. */
export function createPaint(colour: boolean): Paint {
  return createColors(colour);
}

/** Gives an id a colour of its own, the same everywhere, so that the eye can follow it. */
export function paintId(paint: Paint, id: string): string {
  const hues = [paint.cyan, paint.magenta, paint.blue, paint.green, paint.yellow];
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)!) | 0;
  return hues[Math.abs(hash) % hues.length]!(id);
}
