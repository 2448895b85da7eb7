import type { ReadPart } from "./channel-parts.ts";
import type { Part } from "./value-parts.ts";

const EMPTY = textOf([{}]);

/**
 * Reads the parts of a page of checkpoints, each once. Checkpoints share what they have in common; within one checkpoint nothing is
 * shared, as two equal objects are two.
 */
export class SharedReads {
  readonly #known = new Map<string, Promise<unknown>>();

  /** Reads the parts of one checkpoint. `read` reads those that no other had. */
  ofOne(read: ReadPart): ReadPart {
    const uses = new Map<string, number>();
    return (part, channel) => {
      const text = textOf(part);
      // An empty object may be where other parts of the same value are put.
      if (text === EMPTY) return read(part, channel);
      const use = uses.get(text) ?? 0;
      uses.set(text, use + 1);
      const key = `${use} ${text}`;
      const value = this.#known.get(key) ?? read(part, channel);
      this.#known.set(key, value);
      return value;
    };
  }
}

/** No two parts have the same: the text `["x"]` is a list, the part `["x"]` is the text `x`. */
function textOf(part: Part): string {
  return typeof part === "string" ? `= ${part}` : `[ ${JSON.stringify(part)}`;
}
