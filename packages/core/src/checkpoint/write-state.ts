import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import type { LogWriter } from "./log-writer.ts";
import { channelKey, type RememberedChannel, type RememberedState } from "./remembered.ts";
import { splitState, type StateChannel } from "./split-state.ts";
import { writeEntries } from "./write-entries.ts";
import { writeList } from "./write-list.ts";
import { writeValue } from "./write-value.ts";

/** What one checkpoint may add. Characters. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * Writes what a state does not have in common with `base` to the logs of `writer`. Throws `UnsavableValueError`, which names the path
 * of what cannot be saved.
 */
export function writeState(
  state: unknown,
  base: RememberedState | undefined,
  writer: LogWriter,
  name: string,
): RememberedState {
  return writeChannels({ channels: splitState(state), base, name }, writer);
}

/** Channels of a state, and those of `base` that are kept as they are: by the first key of their path. */
export interface ChannelsToWrite {
  readonly channels: readonly StateChannel[];
  readonly kept?: ReadonlySet<string> | undefined;
  readonly base: RememberedState | undefined;
  readonly name: string | undefined;
}

/** As `writeState`, of a state that was split before. `name` is how paths in errors begin. */
export function writeChannels(
  { channels: given, kept, base, name }: ChannelsToWrite,
  writer: LogWriter,
): RememberedState {
  const known = new Map(base?.channels.map((channel) => [channelKey(channel), channel]));
  let values = base?.values;
  const nameOf = ({ path }: StateChannel) => (name === undefined ? path : [name, ...path]).join(".");
  const write = (channel: StateChannel): RememberedChannel => {
    const old = known.get(channelKey(channel));
    const channelName = nameOf(channel);
    switch (channel.kind) {
      case "list":
      case "set":
        return writeList(channel, old, writer, channelName);
      case "record":
      case "map":
        return writeEntries(channel, old, writer, channelName);
      case "value": {
        const written = writeValue(channel, old, writer, { name: channelName, tail: values });
        values = written.tail;
        return written.channel;
      }
    }
  };
  const isKept = ({ path: [first] }: RememberedChannel) => first !== undefined && kept?.has(first) === true;
  const added = given.map((channel) => {
    const mark = writer.elements.length;
    const made = write(channel);
    const characters = writer.elements.slice(mark).reduce((sum, { text }) => sum + text.length, 0);
    return { made, characters, name: nameOf(channel) };
  });
  checkAdded(added);
  const channels = [
    ...(kept === undefined ? [] : (base?.channels.filter(isKept) ?? [])),
    ...added.map(({ made }) => made),
  ];
  return { channels, values };
}

function checkAdded(added: readonly { readonly name: string; readonly characters: number }[]): void {
  const total = added.reduce((sum, { characters }) => sum + characters, 0);
  if (total <= MAX_CHARACTERS) return;
  const [largest] = added.toSorted((one, other) => other.characters - one.characters);
  const megabytes = (characters: number) => `${Math.ceil(characters / 1_048_576)} MB`;
  throw new UnsavableValueError(
    largest?.name ?? "A checkpoint",
    `it adds ${megabytes(largest?.characters ?? 0)} and the whole checkpoint ${megabytes(total)}, more than the 64 MB it may add at once`,
  );
}
