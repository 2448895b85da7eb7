import { identityOf } from "./identity-of.ts";
import type { Part } from "./value-parts.ts";

/** What is kept in memory, keys and parts together. Characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/**
 * The parts that a serializer other than LangGraph's made of values, by the values: an encrypting one makes other bytes of the same
 * value each time, so that only the value tells that it is stored already. Each thread has its own: nobody shall see which of two threads say the
 * same, and a new key seals what is new. In memory only; what is forgotten is stored once more.
 */
export class SealedParts {
  readonly #parts = new Map<string, Part>();
  #characters = 0;

  /** The part that a thread has of a value, made by `dump` unless it is known. */
  async partOf(thread: string, value: unknown, dump: () => Promise<Part>): Promise<Part> {
    const identity = keyOf(thread, value);
    const known = identity === undefined ? undefined : this.#parts.get(identity);
    if (known !== undefined) return known;
    const part = await dump();
    this.#set(identity, part);
    return part;
  }

  /** A part of a thread was read. */
  remember(thread: string, value: unknown, part: Part): void {
    this.#set(keyOf(thread, value), part);
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

function keyOf(thread: string, value: unknown): string | undefined {
  const identity = identityOf(value);
  return identity && JSON.stringify(thread) + identity;
}

function sizeOf(identity: string, part: Part): number {
  return identity.length + String(part[1] ?? "").length;
}
