import type { Piece } from "../ports/checkpoint-store.ts";

/** A place in a log. */
export interface Place {
  readonly log: number;
  readonly position: number;
}

/** The fewest pieces that name these places in this order. */
export function piecesOf(places: Iterable<Place>): Piece[] {
  const pieces: [number, number, number][] = [];
  let open: [number, number, number] | undefined;
  for (const { log, position } of places) {
    if (open !== undefined && open[0] === log && goesOn(open, position)) {
      open[2] = position;
      continue;
    }
    open = [log, position, position];
    pieces.push(open);
  }
  return pieces;
}

/** Every place of the pieces, in order. */
export function* placesOf(pieces: readonly Piece[]): Generator<Place> {
  for (const [log, first, last] of pieces) {
    const step = first <= last ? 1 : -1;
    for (let position = first; position !== last + step; position += step) yield { log, position };
  }
}

/** The pieces of a log that goes on with these places. */
export function joinPieces(pieces: readonly Piece[], added: readonly Place[]): readonly Piece[] {
  const [first, ...others] = piecesOf(added);
  const last = pieces.at(-1);
  if (first === undefined) return pieces;
  if (last === undefined) return [first, ...others];
  const isNext = last[0] === first[0] && last[2] + 1 === first[1] && last[1] <= last[2];
  return isNext
    ? [...pieces.slice(0, -1), [last[0], last[1], first[2]], ...others]
    : [...pieces, first, ...others];
}

function goesOn([, first, last]: Piece, position: number): boolean {
  if (first === last) return Math.abs(position - last) === 1;
  return position - last === Math.sign(last - first);
}
