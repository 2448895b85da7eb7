import type { ReadPart } from "./channel-parts.ts";
import type { Part } from "./value-parts.ts";

/** What the uses of a part within one checkpoint were read to, in their order. */
type Uses = Promise<unknown>[];

const EMPTY = JSON.stringify([{}]);

/**
 * Reads the parts of a page of checkpoints, each once. Checkpoints share what they have in common; within one checkpoint nothing is
 * shared, as two equal objects are two.
 */
export class SharedReads {
  // Two maps, as the text `["x"]` is a list and the part `["x"]` is the text `x`. A key that is the text itself is hashed once.
  readonly #texts = new Map<string, Uses>();
  readonly #others = new Map<string, Uses>();

  /** Reads the parts of one checkpoint. `read` reads those that no other had. */
  ofOne(read: ReadPart): ReadPart {
    const counts = new Map<Uses, number>();
    return (part, channel) => {
      const uses = this.#usesOf(part);
      if (uses === undefined) return read(part, channel);
      const use = counts.get(uses) ?? 0;
      counts.set(uses, use + 1);
      return (uses[use] ??= read(part, channel));
    };
  }

  /** Undefined for an empty object, which may be where other parts of the same value are put. */
  #usesOf(part: Part): Uses | undefined {
    if (typeof part === "string") return kept(this.#texts, part);
    const text = JSON.stringify(part);
    return text === EMPTY ? undefined : kept(this.#others, text);
  }
}

function kept(map: Map<string, Uses>, text: string): Uses {
  const uses = map.get(text) ?? [];
  if (uses.length === 0) map.set(text, uses);
  return uses;
}
