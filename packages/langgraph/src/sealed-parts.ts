import { identityOf } from "./identity-of.ts";
import type { Part } from "./value-parts.ts";

/** What is kept in memory, keys and parts together. Characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/**
 * The parts that a serializer other than LangGraph's made of values, by the values: an encrypting one makes other bytes of the same
 * value each time, so that only the value tells that it is stored already. In memory only; what is forgotten is stored once more.
 */
export class SealedParts {
  readonly #parts = new Map<string, Part>();
  #characters = 0;

  /** The part of a value, made by `dump` unless it is known. */
  async partOf(value: unknown, dump: () => Promise<Part>): Promise<Part> {
    const identity = identityOf(value);
    const known = identity === undefined ? undefined : this.#parts.get(identity);
    if (known !== undefined) return known;
    const part = await dump();
    this.#set(identity, part);
    return part;
  }

  /** A part was read. */
  remember(value: unknown, part: Part): void {
    this.#set(identityOf(value), part);
  }

  #set(identity: string | undefined, part: Part): void {
    if (identity === undefined) return;
    this.#forget(identity);
    this.#parts.set(identity, part);
    this.#characters += sizeOf(identity, part);
    for (const oldest of this.#parts.keys()) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#forget(oldest);
    }
  }

  #forget(identity: string): void {
    const part = this.#parts.get(identity);
    if (part === undefined) return;
    this.#characters -= sizeOf(identity, part);
    this.#parts.delete(identity);
  }
}

function sizeOf(identity: string, part: Part): number {
  return identity.length + String(part[1] ?? "").length;
}
