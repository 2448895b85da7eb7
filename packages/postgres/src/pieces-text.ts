import type { Piece } from "@wflo/core";

/** Pieces as `wflo.checkpoint` keeps them: log, first and last of each, with commas. */
export function piecesText(pieces: readonly Piece[]): string {
  return pieces.flat().join(",");
}

/** Reads them back. */
export function readPieces(text: string): readonly Piece[] {
  const numbers = text === "" ? [] : text.split(",").map(Number);
  return Array.from({ length: numbers.length / 3 }, (_, index) => {
    const [log = 0, first = 0, last = 0] = numbers.slice(index * 3, index * 3 + 3);
    return [log, first, last] as const;
  });
}
