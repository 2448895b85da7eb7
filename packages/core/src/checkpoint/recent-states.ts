import type { RememberedState } from "./remembered.ts";

/** A state with the epoch of its thread in which it was known to be stored. */
export interface RecentState {
  readonly remembered: RememberedState;
  readonly metadata: string;
  readonly threadEpoch: number;
  /** The number of the next log of the thread, as far as is known. */
  readonly nextLog: number;
}

/** Checkpoints kept in memory, so that the next one of their kind is written without reading: the last used ones. */
const MAX_STATES = 256;
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** The states this process has lately saved or loaded, by checkpoint. */
export class RecentStates {
  readonly #states = new Map<string, RecentState & { readonly characters: number }>();
  #characters = 0;

  get(key: string): RecentState | undefined {
    const found = this.#states.get(key);
    if (found !== undefined) {
      this.#states.delete(key);
      this.#states.set(key, found);
    }
    return found;
  }

  set(key: string, state: RecentState): void {
    this.delete(key);
    const characters = sizeOf(state.remembered);
    this.#states.set(key, { ...state, characters });
    this.#characters += characters;
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= MAX_STATES && this.#characters <= MAX_CHARACTERS) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#characters -= this.#states.get(key)?.characters ?? 0;
    this.#states.delete(key);
  }
}

function sizeOf({ channels }: RememberedState): number {
  let characters = 0;
  for (const { items } of channels) for (const item of items.values()) characters += item.characters;
  return characters;
}
