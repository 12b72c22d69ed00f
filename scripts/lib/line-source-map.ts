import { decode, encode, type SourceMapLine } from '@jridgewell/sourcemap-codec';

/** The parts of a source map that are read here. */
export interface SourceMapFile {
  readonly mappings: string;
}

/**
 * Keeps what tells the file and the line: the first segment of each line, and those where the
 * file or the line changes. That is a third of the map.
 */
export function lineSourceMap<Map extends SourceMapFile>(map: Map): Map {
  return { ...map, mappings: encode(decode(map.mappings).map(keepLines)) };
}

function keepLines(line: SourceMapLine): SourceMapLine {
  return line.filter((segment, index) => {
    const before = line[index - 1];
    return before === undefined || before[1] !== segment[1] || before[2] !== segment[2];
  });
}
