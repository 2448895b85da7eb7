import { UnreadableCheckpointError } from "../errors/unreadable-checkpoint-error.ts";
import type { Element, StoredCheckpoint } from "../ports/checkpoint-store.ts";
import { fromWritten } from "./from-written.ts";
import { joinState } from "./join-state.ts";
import { CHANGE_CODEC, CODEC, RAW_CODEC } from "./log-writer.ts";
import { readManifest } from "./manifest.ts";
import { readChannel, type ReadElement } from "./read-channel.ts";
import type { Remembered, RememberedChannel, RememberedState } from "./remembered.ts";
import type { StateChannel } from "./split-state.ts";

/** The elements of one or more checkpoints by their places; what they say is made anew each time, since patches change it. */
export type ElementReader = (id: string, place: string) => ReadElement;

/** Reads these elements. */
export function elementReader(elements: readonly Element[]): ElementReader {
  const byPlace = new Map(elements.map((element) => [`${element.log}:${element.position}`, element]));
  return (id, place) => readElement(id, byPlace.get(place));
}

/** What a stored checkpoint is made of. Throws `UnreadableCheckpointError` when a part is missing or a newer version wrote it. */
export function readRemembered(
  { row, elements }: StoredCheckpoint,
  read: ElementReader = elementReader(elements),
): RememberedState {
  const manifest = readManifest(row.manifest);
  if (manifest === undefined) throw new UnreadableCheckpointError(row.id, "a newer version of wflo wrote it");
  let at = 0;
  const channels = manifest.channels.map((channel) => {
    const pieces = row.pieces.slice(at, (at += channel.pieces));
    return readChannel(channel, pieces, (place) => read(row.id, place));
  });
  return { channels, values: manifest.values };
}

/** The state itself, made anew. */
export function stateOf(remembered: RememberedState): unknown {
  return joinState(channelsOf(remembered));
}

/** Its channels, their parts made anew. */
export function channelsOf(remembered: RememberedState): StateChannel[] {
  return remembered.channels.map(partsOf);
}

function readElement(id: string, element: Element | undefined): ReadElement {
  if (element === undefined) throw new UnreadableCheckpointError(id, "a part of it was deleted");
  if (element.codec === RAW_CODEC) return { json: element.text, element };
  if (element.codec !== CODEC && element.codec !== CHANGE_CODEC) {
    throw new UnreadableCheckpointError(id, "a newer version of wflo wrote it");
  }
  return { json: JSON.parse(element.text) as unknown, element };
}

function partsOf({ path, kind, items }: RememberedChannel): StateChannel {
  if (items instanceof Map) {
    const parts = Array.from(items as ReadonlyMap<string, Remembered>, ([id, { written }]) => {
      return [fromWritten(JSON.parse(id)), fromWritten(written)];
    });
    return { path, kind, parts };
  }
  return { path, kind, parts: (items as readonly Remembered[]).map(({ written }) => fromWritten(written)) };
}
