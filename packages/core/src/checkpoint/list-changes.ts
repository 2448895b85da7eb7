/**
 * A change of a list that is written after its items: `[at, removed, added]` as `splice` does, the items that are added come next in the log;
 * `[from, to, count, 0]` takes out so many and puts them in again where `to` is by then. An item that no change has asked for goes to the end.
 */
export type ListChange =
  | readonly [at: number, removed: number, added: number]
  | readonly [from: number, to: number, count: number, 0];

/** Carries out a change; `added` are as many as it asks for. */
export function changeList<Item>(list: Item[], change: ListChange, added: readonly Item[]): void {
  if (change.length === 3) {
    list.splice(change[0], change[1], ...added);
    return;
  }
  const [from, to, count] = change;
  list.splice(to, 0, ...list.splice(from, count));
}

/**
 * What makes the list `target` of `before`; `undefined` in it is what is new. Every other item is in `before`, and none of either is there
 * twice. Undefined when it takes more than `most` changes.
 */
export function changesOf<Item>(
  before: readonly Item[],
  target: readonly (Item | undefined)[],
  most: number,
): ListChange[] | undefined {
  const kept = target.filter((item) => item !== undefined);
  const list = [...before];
  const moves = movesOf(list, kept, most);
  const splices = moves && splicesOf(list, target);
  const changes = splices && [...moves, ...splices];
  return changes && changes.length <= most ? changes : undefined;
}

/** Brings the items of `target` into its order, in `list` as well. Undefined when that takes more than `most` moves. */
function movesOf<Item>(list: Item[], target: readonly Item[], most: number): ListChange[] | undefined {
  const places = new Map(list.map((item, at) => [item, at]));
  const staying = ascending(target.map((item) => places.get(item) ?? -1));
  const moves: ListChange[] = [];
  for (let at = 0; at < target.length; at += 1) {
    if (staying.has(at)) continue;
    if (moves.length === most) return undefined;
    const from = list.indexOf(target[at] as Item);
    let count = 1;
    while (isNext(list, target, { from, at, count }) && !staying.has(at + count)) count += 1;
    const taken = list.splice(from, count);
    const to = at === 0 ? 0 : list.indexOf(target[at - 1] as Item) + 1;
    list.splice(to, 0, ...taken);
    moves.push([from, to, count, 0]);
    at += count - 1;
  }
  return moves;
}

function isNext<Item>(
  list: readonly Item[],
  target: readonly Item[],
  { from, at, count }: { readonly from: number; readonly at: number; readonly count: number },
): boolean {
  return at + count < target.length && list[from + count] === target[at + count];
}

/** What is taken out of and put into a list whose other items are in order. */
function splicesOf<Item>(list: readonly Item[], target: readonly (Item | undefined)[]): ListChange[] {
  const splices: ListChange[] = [];
  let next = 0;
  for (let at = 0; at < target.length || next < list.length;) {
    let added = 0;
    while (at + added < target.length && target[at + added] === undefined) added += 1;
    const until = at + added < target.length ? list.indexOf(target[at + added] as Item, next) : list.length;
    const removed = until - next;
    if (added > 0 || removed > 0) splices.push([at, removed, added]);
    at += added + 1;
    next = until + 1;
  }
  return splices;
}

/** The places of a longest part of the numbers that ascends. */
function ascending(numbers: readonly number[]): ReadonlySet<number> {
  /** By length, the place of the smallest number that ends an ascending part of that length. */
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [place, number] of numbers.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    previous.push(ends[low - 1]);
    ends[low] = place;
  }
  const places = new Set<number>();
  for (let place = ends.at(-1); place !== undefined; place = previous[place]) places.add(place);
  return places;
}
