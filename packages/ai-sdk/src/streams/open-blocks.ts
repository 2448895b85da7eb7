import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { UNKNOWN_USAGE } from "../usage.ts";

type Part = LanguageModelV4StreamPart;

/** The part that ends a block, by the one that begins it. */
const ENDS = {
  "text-start": "text-end",
  "reasoning-start": "reasoning-end",
  "tool-input-start": "tool-input-end",
} as const;

/** Follows which blocks of a stream are open, so that it can be ended between two parts. */
export class OpenBlocks {
  readonly #open = new Map<string, Part>();
  #hasBegun = false;

  note(part: Part): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start":
      case "tool-input-start":
        this.#hasBegun = true;
        this.#open.set(`${ENDS[part.type]} ${part.id}`, { type: ENDS[part.type], id: part.id });
        break;
      case "text-end":
      case "reasoning-end":
      case "tool-input-end":
        this.#open.delete(`${part.type} ${part.id}`);
        break;
      default:
        break;
    }
  }

  /** The end of an answer that has come to its output cap; undefined when it has not begun. */
  truncation(): Part[] | undefined {
    if (!this.#hasBegun) return undefined;
    return [...this.#open.values(), finishPart({ unified: "length", raw: "wflo-budget" })];
  }
}

/** The last part of a stream whose usage nobody will tell. */
export function finishPart(finishReason: Extract<Part, { type: "finish" }>["finishReason"]): Part {
  return { type: "finish", finishReason, usage: UNKNOWN_USAGE };
}
