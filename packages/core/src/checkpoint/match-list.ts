import type { Remembered } from "./remembered.ts";
import { sameAsWritten } from "./same-as-written.ts";
import { toWritten } from "./to-written.ts";

/** How far past the expected place an item is looked for first. */
const NEAR = 4;
/** Up to this many stored elements are compared one by one; among more, an item is looked up by its text. */
const FEW = 8;

/** For each item of a list, the stored element that it is, if any; none is given twice. */
export function matchList(items: readonly unknown[], old: readonly Remembered[]): (Remembered | undefined)[] {
  const matcher = new Matcher(items, old);
  return Array.from(items, (_, index) => matcher.next(index));
}

/** Walks along both lists; most often they differ at their ends or in single items. */
class Matcher {
  readonly #items: readonly unknown[];
  readonly #old: readonly Remembered[];
  /** Where the next item is expected. What lies before is used or was passed over. */
  #cursor = 0;
  readonly #passedOver = new Set<number>();
  /** Places further on that an item was moved from. */
  readonly #usedAhead = new Set<number>();
  #placesByText: Map<string, Places> | undefined;

  constructor(items: readonly unknown[], old: readonly Remembered[]) {
    this.#items = items;
    this.#old = old;
  }

  next(index: number): Remembered | undefined {
    const at = this.#near(index);
    if (at === "new") return undefined;
    if (at !== undefined) {
      this.#advance(at);
      return this.#old[at];
    }
    const elsewhere = this.#elsewhere(index);
    return elsewhere === undefined ? undefined : this.#old[elsewhere];
  }

  #advance(to: number): void {
    for (let place = this.#cursor; place < to; place++) {
      if (!this.#usedAhead.has(place)) this.#passedOver.add(place);
    }
    this.#cursor = to + 1;
  }

  /** The place of an item at or shortly after the cursor, or `new` when the next item tells that this one was put in or edited. */
  #near(index: number): number | "new" | undefined {
    if (this.#is(index, this.#cursor)) return this.#cursor;
    if (this.#is(index + 1, this.#cursor)) return "new";
    if (this.#is(index + 1, this.#cursor + 1)) {
      this.#advance(this.#cursor);
      return "new";
    }
    for (let place = this.#cursor + 1; place <= this.#cursor + NEAR; place++) {
      if (this.#is(index, place)) return place;
    }
    return undefined;
  }

  #is(index: number, place: number): boolean {
    const element = this.#old[place];
    if (element === undefined || index >= this.#items.length || this.#usedAhead.has(place)) return false;
    return sameAsWritten(this.#items[index], element.written);
  }

  #elsewhere(index: number): number | undefined {
    const ahead = this.#old.length - this.#cursor;
    const place = this.#passedOver.size + ahead <= FEW ? this.#amongFew(index) : this.#byText(index);
    if (place === undefined) return undefined;
    if (!this.#passedOver.delete(place)) this.#usedAhead.add(place);
    return place;
  }

  #amongFew(index: number): number | undefined {
    const item = this.#items[index];
    const isIt = (place: number) => sameAsWritten(item, this.#old[place]?.written);
    for (const place of this.#passedOver) if (isIt(place)) return place;
    for (let place = this.#cursor; place < this.#old.length; place++) {
      if (!this.#usedAhead.has(place) && isIt(place)) return place;
    }
    return undefined;
  }

  #byText(index: number): number | undefined {
    this.#placesByText ??= this.#allPlaces();
    const places = this.#placesByText.get(textOfItem(this.#items[index]));
    if (places === undefined) return undefined;
    // A place that was used stays so: what was looked at once is not looked at again.
    while (places.next < places.all.length) {
      const place = places.all[places.next++];
      if (place !== undefined && this.#isFree(place)) return place;
    }
    return undefined;
  }

  #isFree(place: number): boolean {
    return this.#passedOver.has(place) || (place >= this.#cursor && !this.#usedAhead.has(place));
  }

  #allPlaces(): Map<string, Places> {
    const byText = new Map<string, Places>();
    for (const [place, { written }] of this.#old.entries()) {
      const text = JSON.stringify(written);
      const places = byText.get(text);
      if (places) places.all.push(place);
      else byText.set(text, { all: [place], next: 0 });
    }
    return byText;
  }
}

/** Where elements with one text are; those before `next` are used. */
interface Places {
  readonly all: number[];
  next: number;
}

/** Empty for what cannot be saved: that is told when it is written. */
function textOfItem(item: unknown): string {
  try {
    return JSON.stringify(toWritten(item, ""));
  } catch {
    return "";
  }
}
