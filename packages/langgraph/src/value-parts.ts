import { JsonPlusSerializer, type SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { findCycle } from "./find-cycle.ts";
import type { SealedParts } from "./sealed-parts.ts";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/**
 * A value as the engine stores it. A text is JSON of LangGraph's serializer; `[json]` is the same, read, so that the engine can tell
 * what of it changed; `[type, base64]` and `[type, text, 0]` are what a serializer gave otherwise.
 */
export type Part =
  | string
  | readonly [json: unknown]
  | readonly [string, string]
  | readonly [string, string, 0];

/** How serializers write what contains itself. */
const CIRCULAR = "[Circular]";
/** What LangGraph's serializer writes instead of a value that JSON.stringify refuses, without telling anybody. */
const GIVEN_UP = '"[unable to serialize, circular reference is too complex to analyze]"';

/** Passes values through the serializer, one by one. */
export class ValueParts {
  /** Whether the serializer is LangGraph's own, whose texts can be compared and read. */
  readonly isPlain: boolean;
  readonly #serde: SerializerProtocol;
  readonly #sealed: SealedParts;

  constructor(serde: SerializerProtocol, sealed: SealedParts) {
    this.isPlain = isOwn(serde);
    this.#serde = serde;
    this.#sealed = sealed;
  }

  /** A part that is stored as it is. `path` is for errors. Throws `UnsavableChannelError`. */
  async write(given: unknown, path: string): Promise<Part> {
    const value = isLeftOut(given) ? null : given;
    if (!this.isPlain) return this.#sealed.partOf(value, () => this.#dump(value, path));
    return this.#dump(value, path);
  }

  /** A part that is stored as what changed of it. */
  async writeTree(value: unknown, path: string): Promise<Part> {
    const part = await this.write(value, path);
    return typeof part === "string" ? [JSON.parse(part) as unknown] : part;
  }

  /** The value of a part, made anew. */
  async read(part: Part): Promise<unknown> {
    if (typeof part === "string") return this.#serde.loadsTyped("json", part);
    const [type, data, isText] = part as readonly [unknown, string?, 0?];
    if (data === undefined) return this.#serde.loadsTyped("json", JSON.stringify(type));
    const bytes = isText === 0 ? new TextEncoder().encode(data) : bytesOf(data);
    const value: unknown = await this.#serde.loadsTyped(type as string, bytes);
    if (!this.isPlain) this.#sealed.remember(value, part);
    return value;
  }

  async #dump(value: unknown, path: string): Promise<Part> {
    const [type, bytes] = await this.#dumpsTyped(value, path);
    const text = textOf(bytes);
    if (!this.isPlain || type !== "json") {
      return text === undefined || text.includes("\u0000") ? [type, base64Of(bytes)] : [type, text, 0];
    }
    if (text?.includes(CIRCULAR) === true) {
      const cycle = findCycle(value, path);
      if (cycle !== undefined) throw new UnsavableChannelError(cycle, "contains itself");
    }
    if (text === GIVEN_UP && value !== JSON.parse(GIVEN_UP)) {
      const cycle = findCycle(value, path);
      if (cycle !== undefined) throw new UnsavableChannelError(cycle, "contains itself");
      throw new UnsavableChannelError(path, "holds what has no JSON, such as a bigint");
    }
    return text === undefined || text === "" ? "null" : text;
  }

  async #dumpsTyped(value: unknown, path: string): Promise<readonly [string, Uint8Array]> {
    let dumped: readonly [string, Uint8Array];
    try {
      dumped = await this.#serde.dumpsTyped(value);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UnsavableChannelError(path, `was refused by the serializer: ${why}`, { cause });
    }
    if (Array.isArray(dumped) && typeof dumped[0] === "string" && isBytes(dumped[1])) return dumped;
    const what = "its dumpsTyped() must resolve to [type, Uint8Array]";
    throw new UnsavableChannelError(
      path,
      `is nothing that can be stored once the serializer made it: ${what}`,
    );
  }
}

/** One whose methods were replaced may encrypt: then keys of its values must not be stored as they are. */
function isOwn(serde: SerializerProtocol): boolean {
  if (Object.getPrototypeOf(serde) !== JsonPlusSerializer.prototype) return false;
  return !["dumpsTyped", "loadsTyped", "_dumps", "_loads"].some((method) => Object.hasOwn(serde, method));
}

/** What JSON has not: objects are written without it, and lists have null in its place. A serializer may make nothing of it. */
export function isLeftOut(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}

/** Also of another realm. An ArrayBuffer, which `crypto.subtle` gives, would be stored as nothing. */
function isBytes(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

const exactUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return exactUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
