import type { Element, Piece } from "../ports/checkpoint-store.ts";
import { applyPatch } from "./apply-patch.ts";
import { reordered } from "./entry-order.ts";
import { inlineChannel } from "./inline-channel.ts";
import { changeList, type ListChange } from "./list-changes.ts";
import { CHANGE_CODEC, RAW_CODEC } from "./log-writer.ts";
import type { ManifestChannel } from "./manifest.ts";
import { costOf, type MeasuredChannel } from "./measured-channel.ts";
import type { Patch } from "./patch.ts";
import { placesOf } from "./pieces.ts";
import type { Remembered } from "./remembered.ts";
import { digestOf } from "./state-digest.ts";

/** An element, and what its text says. */
export interface ReadElement {
  readonly json: unknown;
  readonly element: Element;
}

/** A channel of a stored checkpoint; `read` gives the element of a place `log:position`. */
export function readChannel(
  { path, kind, tails, inline }: ManifestChannel,
  pieces: readonly Piece[],
  read: (place: string) => ReadElement,
): MeasuredChannel {
  if (inline !== undefined) return inlineChannel(path, inline[0], JSON.stringify(inline[0]));
  const elements = Array.from(placesOf(pieces), ({ log, position }) => read(`${log}:${position}`));
  const stored = elements.reduce((sum, { element }) => sum + costOf(element.text.length), 0);
  const items = () => {
    switch (kind) {
      case "value":
        return valueAfter(elements);
      case "list":
      case "set":
        return itemsAfter(elements);
      case "record":
      case "map":
        return entriesAfter(kind, elements);
    }
  };
  return { path, kind, pieces, tails, stored, items: items() };
}

/** Items, and what became of them. */
function itemsAfter(elements: readonly ReadElement[]): Remembered[] {
  const items: Remembered[] = [];
  for (let at = 0; at < elements.length; at += 1) {
    const one = elements[at] as ReadElement;
    if (one.element.codec !== CHANGE_CODEC) {
      items.push(remember(one, one.json));
      continue;
    }
    const change = one.json as ListChange;
    const added = change.length === 3 ? elements.slice(at + 1, at + 1 + change[2]) : [];
    changeList(
      items,
      change,
      added.map((each) => remember(each, each.json)),
    );
    at += added.length;
  }
  return items;
}

/** A value and its patches, one after the other. */
function valueAfter([first, ...patches]: readonly ReadElement[]): Remembered[] {
  const last = patches.at(-1);
  if (first === undefined) return [];
  if (last === undefined) return [remember(first, first.json)];
  const written = patches.reduce((value, { json }) => applyPatch(value, json as Patch), first.json);
  return [remember(last, written, JSON.stringify(written))];
}

/** What `writeEntries` wrote, one change after the other. */
function entriesAfter(kind: "record" | "map", elements: readonly ReadElement[]): Map<string, Remembered> {
  let entries = new Map<string, { readonly written: unknown; readonly from: ReadElement }>();
  const patched = new Set<string>();
  for (const from of elements) {
    const change = from.json as readonly unknown[];
    const id = JSON.stringify(change[0]);
    const known = entries.get(id);
    if (change.length === 1) {
      entries.delete(id);
    } else if (change.length === 2) {
      patched.delete(id);
      entries.set(id, { written: change[1], from });
    } else if (change.length === 4) {
      const order = reordered(kind, entries.keys(), change[3] as Patch);
      entries = new Map(order.flatMap((key) => pairOf(entries, key)));
    } else if (known !== undefined && change[2] === 0) {
      entries.delete(id);
      entries.set(id, known);
    } else {
      patched.add(id);
      entries.set(id, { written: applyPatch(known?.written, change[2] as Patch), from });
    }
  }
  const items = new Map<string, Remembered>();
  for (const [id, { written, from }] of entries) {
    const text = patched.has(id) ? `[${id},${JSON.stringify(written)}]` : from.element.text;
    items.set(id, remember(from, written, text));
  }
  return items;
}

function pairOf<Value>(entries: ReadonlyMap<string, Value>, key: string): [string, Value][] {
  const value = entries.get(key);
  return value === undefined ? [] : [[key, value]];
}

/** `text` is what the whole value would be stored as. */
function remember({ element }: ReadElement, written: unknown, text = element.text): Remembered {
  return {
    written,
    characters: text.length,
    digest: element.codec === RAW_CODEC ? 0 : digestOf(text),
    log: element.log,
    position: element.position,
  };
}
