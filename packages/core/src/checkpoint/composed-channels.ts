import type { StateChannel } from "./split-state.ts";

/** What the caller of `saveChannels` is told of the checkpoint that its own goes on from. */
export interface BaseOfChannels {
  /** As it was given when it was saved. */
  readonly metadata: string;
}

/** A checkpoint of channels that the caller has made itself, as a framework does that has channels of its own. */
export interface ComposedChannels {
  /** Written to the store, as far as the base has not the same. */
  readonly channels: readonly StateChannel[];
  /** The channels of the base whose paths begin with one of these are taken over as they are. */
  readonly kept: ReadonlySet<string>;
  /** Text for the store. */
  readonly metadata: string;
}

/** Makes the channels, knowing the base: undefined when there is none. Asked again when the base was deleted meanwhile. */
export type ComposeChannels = (base: BaseOfChannels | undefined) => Promise<ComposedChannels>;
