import { RAW_CODEC, type CheckpointStore, type Element } from "@wflo/core";
import { readNotes } from "./run-notes.ts";
import { RunMoved } from "./run-moved.ts";

/** The engine's logs begin with the next one. */
const TICKETS = 0;

/**
 * A store of runs, each with one checkpoint that is replaced at every save. With a version comes a ticket, an element that no other writer
 * can write: of two that went on from the same version, one is refused with `RunMoved`.
 */
export function ticketedStore(store: CheckpointStore): CheckpointStore {
  return {
    ...store,
    async put(put) {
      const { version } = readNotes(put.checkpoint.metadata);
      const elements = version === 1 ? put.elements : [...put.elements, ticket(version)];
      const verdict = await store.put({ ...put, elements, mustFollow: true });
      const { code } = verdict;
      if (code === "collision" || code === "moved" || code === "deleted") throw new RunMoved();
      return verdict;
    },
  };
}

function ticket(version: number): Element {
  return { log: TICKETS, position: version, codec: RAW_CODEC, text: "" };
}
