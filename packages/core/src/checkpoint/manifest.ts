import type { Piece } from "../ports/checkpoint-store.ts";
import type { Tail } from "./log-writer.ts";
import type { Remembered, RememberedState } from "./remembered.ts";
import type { ChannelKind } from "./split-state.ts";

/** The form of the text; a reader that does not know the number cannot read the checkpoint. */
const FORM = 1;

/** What the pieces of a checkpoint are for. */
export interface Manifest {
  readonly values: Tail | undefined;
  readonly channels: readonly ManifestChannel[];
}

/** One channel: how many of the checkpoint's pieces are its, after those of the channels before it. */
export interface ManifestChannel {
  readonly path: readonly string[];
  readonly kind: ChannelKind;
  readonly pieces: number;
  readonly tails: readonly (Tail | undefined)[];
  /** A value that stands here itself. */
  readonly inline?: readonly [written: unknown] | undefined;
}

const LETTERS: Readonly<Record<ChannelKind, string>> = {
  value: "v",
  list: "l",
  set: "s",
  record: "r",
  map: "m",
};
/** A value that stands in the manifest. */
const INLINE = "i";
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as ChannelKind]));

type TailJson = readonly [log: number, length: number] | 0;
/** A path of one key is the key. */
type PathJson = string | readonly string[];
type ChannelJson =
  | readonly [letter: string, path: PathJson, pieces: number, ...tails: TailJson[]]
  | readonly [letter: typeof INLINE, path: PathJson, written: unknown];

/** The pieces of a state, and the text that tells what each is for. */
export function writeManifest(state: RememberedState): {
  readonly manifest: string;
  readonly pieces: Piece[];
} {
  const channels = state.channels.map(({ kind, path: keys, pieces, tails, items }): ChannelJson => {
    const path = pathJson(keys);
    if (kind === "value" && pieces.length === 0) {
      const [item] = items as readonly Remembered[];
      return [INLINE, path, item?.written];
    }
    const used = tails.slice(0, tails.findLastIndex((tail) => tail !== undefined) + 1);
    return [LETTERS[kind], path, pieces.length, ...used.map(tailJson)];
  });
  const manifest = JSON.stringify([FORM, tailJson(state.values), channels]);
  return { manifest, pieces: state.channels.flatMap(({ pieces }) => pieces) };
}

/** What `writeManifest` wrote; undefined for a form that a newer version wrote. */
export function readManifest(text: string): Manifest | undefined {
  const [form, values, channels] = JSON.parse(text) as [number, TailJson, readonly ChannelJson[]];
  if (form !== FORM) return undefined;
  return {
    values: tailOf(values),
    channels: channels.map(([letter, keys, pieces, ...tails]): ManifestChannel => {
      const path = typeof keys === "string" ? [keys] : keys;
      if (letter === INLINE) return { path, kind: "value", pieces: 0, tails: [], inline: [pieces] };
      return { path, kind: KINDS.get(letter) ?? "value", pieces: pieces as number, tails: tails.map(tailOf) };
    }),
  };
}

function pathJson(path: readonly string[]): PathJson {
  const [only] = path;
  return only !== undefined && path.length === 1 ? only : path;
}

function tailJson(tail: Tail | undefined): TailJson {
  return tail === undefined ? 0 : [tail.log, tail.length];
}

function tailOf(json: TailJson): Tail | undefined {
  return json === 0 ? undefined : { log: json[0], length: json[1] };
}
