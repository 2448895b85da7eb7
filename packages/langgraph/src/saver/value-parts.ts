import { JsonPlusSerializer, type SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { checkCharacters, checkLoaded, checkText } from "./check-text.ts";
import { findBigint, findCycle } from "./find-part.ts";
import type { SealedParts } from "./sealed-parts.ts";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";
import { withoutBuffers } from "./without-buffers.ts";

/**
 * A value as the engine stores it. A text is JSON of LangGraph's serializer; `[json]` is the same, read, so that the engine can tell
 * what of it changed; `[type, base64]` and `[type, text, 0]` are what a serializer gave otherwise.
 */
export type Part =
  | string
  | readonly [json: unknown]
  | readonly [string, string]
  | readonly [string, string, 0];

/** How a Buffer tells JSON what it is. */
const BUFFER = '{"type":"Buffer","data":[';

/** Passes the values of a thread through the serializer, one by one. */
export class ValueParts {
  /** Whether the serializer is LangGraph's own, whose texts can be compared and read. */
  readonly isPlain: boolean;
  readonly #serde: SerializerProtocol;
  readonly #sealed: SealedParts;
  readonly #thread: string;

  constructor(serde: SerializerProtocol, sealed: SealedParts, thread: string) {
    this.isPlain = isOwn(serde);
    this.#serde = serde;
    this.#sealed = sealed;
    this.#thread = thread;
  }

  /** A part that is stored as it is. `path` is for errors. Throws `UnsavableChannelError`. */
  async write(given: unknown, path: string): Promise<Part> {
    const value = isLeftOut(given) ? null : given;
    if (this.isPlain) return this.#dump(value, path);
    const exact = this.#serde instanceof JsonPlusSerializer ? withoutBuffers(value) : value;
    return this.#sealed.partOf(this.#thread, exact, () => this.#seal(exact, path));
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
    if (!this.isPlain) this.#sealed.remember(this.#thread, value, part);
    return value;
  }

  async #dump(value: unknown, path: string): Promise<Part> {
    const [type, bytes] = await this.#dumpsTyped(value, path);
    const text = textOf(bytes);
    if (type !== "json") return partOf(type, bytes, path);
    if (text === undefined || text === "") return "null";
    const exact = text.includes(BUFFER) ? withoutBuffers(value) : value;
    // Not by `!==`, which NaN is to itself.
    if (!Object.is(exact, value)) return this.#dump(exact, path);
    checkText(text, value, path);
    return text;
  }

  async #seal(value: unknown, path: string): Promise<Part> {
    const [type, bytes] = await this.#dumpsTyped(value, path);
    const isSuspect = findCycle(value, path) !== undefined || findBigint(value, path) !== undefined;
    if (isSuspect) checkLoaded(await this.#loaded(type, bytes), value, path);
    return partOf(type, bytes, path);
  }

  /** Undefined when the serializer cannot read what it wrote. */
  async #loaded(type: string, bytes: Uint8Array): Promise<unknown> {
    try {
      return await this.#serde.loadsTyped(type, bytes);
    } catch {
      return undefined;
    }
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

function partOf(type: string, bytes: Uint8Array, path: string): Part {
  checkCharacters(bytes.length, path);
  const text = textOf(bytes);
  return text === undefined || text.includes("\u0000") ? [type, base64Of(bytes)] : [type, text, 0];
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
