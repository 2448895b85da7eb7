import type { Element } from "../ports/checkpoint-store.ts";
import type { ListChange } from "./list-changes.ts";
import { digestOf } from "./state-digest.ts";
import type { Remembered } from "./remembered.ts";
import { textOf } from "./codec.ts";

/** The way `codec.ts` writes texts; stored with each element. */
export const CODEC = 1;
/** A text that is what it says: JSON of a framework's own. */
export const RAW_CODEC = 2;
/** JSON of a change to the list that the elements before it make; see `list-changes.ts`. */
export const CHANGE_CODEC = 3;

/** A log, and how many elements it has on the way to one checkpoint: the next goes there. */
export interface Tail {
  readonly log: number;
  readonly length: number;
}

/** Appends to the logs of a thread what one checkpoint adds to them. */
export class LogWriter {
  readonly elements: Element[] = [];
  #nextLog: number;
  readonly #isFresh: boolean;
  readonly #opened = new Set<number>();

  /** `isFresh`: another writer went on with the old logs, so that new ones are begun. */
  constructor(nextLog: number, isFresh: boolean) {
    this.#nextLog = nextLog;
    this.#isFresh = isFresh;
  }

  /** Appends a value to the log of `tail`, or to a new one; returns the element and the new tail. `name` is for errors. */
  append(
    tail: Tail | undefined,
    element: {
      readonly written: unknown;
      readonly stored: unknown;
      readonly name: string;
      readonly isRaw?: boolean | undefined;
    },
  ): { readonly item: Remembered; readonly tail: Tail } {
    const isRaw = element.isRaw === true && typeof element.stored === "string";
    const text = isRaw ? (element.stored as string) : textOf(element.stored, element.name);
    const { log, length } = this.#goOn(tail);
    this.elements.push({ log, position: length, codec: isRaw ? RAW_CODEC : CODEC, text });
    const item = {
      written: element.written,
      characters: text.length,
      // Digests are of states, whose texts are never raw.
      digest: isRaw ? 0 : digestOf(text),
      log,
      position: length,
    };
    return { item, tail: { log, length: length + 1 } };
  }

  /** Appends a change of a list. */
  appendChange(
    tail: Tail | undefined,
    change: ListChange,
    name: string,
  ): { readonly item: Remembered; readonly tail: Tail } {
    const text = textOf(change, name);
    const { log, length } = this.#goOn(tail);
    this.elements.push({ log, position: length, codec: CHANGE_CODEC, text });
    const item = { written: change, characters: text.length, digest: 0, log, position: length };
    return { item, tail: { log, length: length + 1 } };
  }

  #goOn(tail: Tail | undefined): Tail {
    if (tail !== undefined && (!this.#isFresh || this.#opened.has(tail.log))) return tail;
    const log = this.#nextLog++;
    this.#opened.add(log);
    return { log, length: 0 };
  }
}
