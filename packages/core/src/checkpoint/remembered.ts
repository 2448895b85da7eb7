import type { Piece } from "../ports/checkpoint-store.ts";
import type { Tail } from "./log-writer.ts";
import type { ChannelKind } from "./split-state.ts";

/** A stored element as a process knows it: what stands in it, and where it stands. */
export interface Remembered {
  /** By `toWritten`. */
  readonly written: unknown;
  readonly characters: number;
  /** By `digestOf` of its stored text. */
  readonly digest: number;
  /** 0 for a value that stands in the manifest. */
  readonly log: number;
  readonly position: number;
}

/** A channel of a stored checkpoint. */
export interface RememberedChannel {
  readonly path: readonly string[];
  readonly kind: ChannelKind;
  readonly pieces: readonly Piece[];
  /** The elements that count: of the entries of a key the last one. By key for records and maps, else in order. */
  readonly items: readonly Remembered[] | ReadonlyMap<string, Remembered>;
  /** The logs it goes on with; what each is for is the business of its kind. */
  readonly tails: readonly (Tail | undefined)[];
}

/** The state of a stored checkpoint, so that the next one can name what it has in common with it. */
export interface RememberedState {
  /** Outer channels first. */
  readonly channels: readonly RememberedChannel[];
  /** Where single values go. */
  readonly values: Tail | undefined;
}

/** What identifies a channel among those of a state. */
export function channelKey({ kind, path }: Pick<RememberedChannel, "kind" | "path">): string {
  return JSON.stringify([kind, path]);
}
