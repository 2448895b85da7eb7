import type {
  ChannelVersions,
  Checkpoint,
  CheckpointMetadata,
  SerializerProtocol,
} from "@langchain/langgraph-checkpoint";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { checkCharacters, checkText } from "./check-text.ts";
import { checkNames } from "./checked-name.ts";
import { readSeen, type SeenByNode, writeSeen } from "./seen-versions.ts";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/** What metadata may take, which every checkpoint has whole. Characters. */
const MAX_METADATA = 16 * 1024 * 1024;

/** The key under which versions of channels stand that have a value. */
export const HELD = "h";
/** The key of the metadata that `list` filters by. */
const META = "m";
/** The key of the run that its caller named, where the metadata names none. */
const RUN = "u";

/** What is kept of a checkpoint beside the values of its channels: text of the store, JSON. Short keys, as every checkpoint has them. */
interface Body {
  /** The rest: what old forms had besides was values, which are not for everybody to read. */
  readonly r: Pick<Checkpoint, "v" | "ts">;
  readonly [HELD]: ChannelVersions;
  /** Versions of channels without a value. */
  readonly b: ChannelVersions;
  /** Versions that nodes have seen. The names of channels are those above, in order. */
  readonly s: readonly SeenByNode[];
  readonly [META]: unknown;
  readonly [RUN]?: string | undefined;
}

/** What of a body decides how long its checkpoint is needed, and by what. */
export interface BodyOutline {
  /** The version of its form. */
  readonly v: number;
  readonly held: ReadonlySet<string>;
  /** Delta channels that it has no value of: theirs is made of the writes at its ancestors. */
  readonly unseeded: readonly string[];
  /** Within a subgraph, the checkpoints that called it, by namespace. */
  readonly callers: Readonly<Record<string, string>>;
  readonly runIds: readonly string[];
}

/** Metadata is not for secrets: it is filtered by, so that LangGraph's own serializer writes it, whatever the user's is. */
const plain: SerializerProtocol = new JsonPlusSerializer();

/** Metadata as a body holds it. Rejects with `UnsavableChannelError`. */
export async function metadataText(metadata: CheckpointMetadata): Promise<string> {
  const text = await plainText(metadata).catch((cause: unknown) => {
    throw new UnsavableChannelError("metadata", `was refused by the serializer: ${String(cause)}`, { cause });
  });
  checkCharacters(text.length, "metadata", MAX_METADATA);
  checkText(text, metadata, "metadata");
  return text;
}

/**
 * The text of a checkpoint's body. `held` are the names of the channels that have a value; `runId` is for `deleteForRuns`. Throws
 * `UnsavableChannelError` for names that would become others.
 */
export function writeBody(
  checkpoint: Checkpoint,
  metadata: string,
  held: ReadonlySet<string>,
  runId?: string,
): string {
  const { v, ts, channel_versions: versions, versions_seen: seen } = checkpoint;
  checkNames(Object.keys(versions ?? {}));
  for (const [node, channels] of Object.entries(seen ?? {})) checkNames([node, ...Object.keys(channels)]);
  const all = Object.entries(versions ?? {});
  const withValue = Object.fromEntries(all.filter(([name]) => held.has(name)));
  const bare = Object.fromEntries(all.filter(([name]) => !held.has(name)));
  const body: Body = {
    r: { v, ts },
    [HELD]: withValue,
    b: bare,
    s: writeSeen(seen ?? {}, namesOf(withValue, bare)),
    [META]: JSON.parse(metadata) as unknown,
    [RUN]: runId,
  };
  return cleanJson(JSON.stringify(body));
}

/** The versions of the channels that have a value at a checkpoint. */
export function heldVersions(body: string): ChannelVersions {
  return (JSON.parse(body) as Body)[HELD];
}

/** When LangGraph made a checkpoint, by the clock of its host. */
export function madeAtMs(body: string): number {
  return Date.parse(String((JSON.parse(body) as Body).r.ts));
}

/** Whether the metadata of a body has none of these keys. */
export function lacks(body: string, keys: readonly string[]): boolean {
  const meta = (JSON.parse(body) as Body)[META] as Readonly<Record<string, unknown>>;
  return keys.every((key) => !Object.hasOwn(meta, key) || isUndefined(meta[key]));
}

/** As LangGraph's serializer writes it. */
function isUndefined(json: unknown): boolean {
  const { lc, type } = (json ?? {}) as { readonly lc?: unknown; readonly type?: unknown };
  return lc === 2 && type === "undefined";
}

/** What a body tells without its values. */
export function outlineBody(text: string): BodyOutline {
  const { r: rest, [HELD]: held, [META]: meta, [RUN]: runId } = JSON.parse(text) as Body;
  const { parents, run_id: ownRun, ...more } = (meta ?? {}) as Readonly<Record<string, unknown>>;
  const has = new Set(Object.keys(held));
  return {
    v: Number(rest.v),
    held: has,
    unseeded: deltaChannels(more).filter((name) => !has.has(name)),
    callers: (parents ?? {}) as BodyOutline["callers"],
    runIds: [runId, ownRun].filter((id) => typeof id === "string"),
  };
}

/** The delta channels that metadata counts steps of: all that have not been written whole just now. */
export function deltaChannels(metadata: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(metadata["counters_since_delta_snapshot"] ?? {});
}

/** What bodies contain that are of a run, one or the other. */
export function runTexts(runId: string): readonly string[] {
  return [{ [RUN]: runId }, { [META]: { run_id: runId } }].map((part) => cleanJson(JSON.stringify(part)));
}

/** A checkpoint without values, and its metadata. */
export async function readBody(
  text: string,
  id: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly metadata: CheckpointMetadata }> {
  const { r: rest, [HELD]: held, b: bare, s: seen, [META]: meta } = JSON.parse(text) as Body;
  const metadata = (await plain.loadsTyped("json", JSON.stringify(meta))) as CheckpointMetadata;
  const versions = { ...held, ...bare };
  const checkpoint = {
    ...rest,
    id,
    channel_values: {},
    channel_versions: versions,
    versions_seen: readSeen(seen, namesOf(held, bare)),
  };
  return { checkpoint: checkpoint as unknown as Checkpoint, metadata };
}

/** What the body of a checkpoint must contain, whose metadata has these keys and values. */
export async function filterText(filter: Readonly<Record<string, unknown>>): Promise<string> {
  return cleanJson(JSON.stringify({ [META]: JSON.parse(await plainText(filter)) as unknown }));
}

function namesOf(withValue: ChannelVersions, bare: ChannelVersions): string[] {
  return [...Object.keys(withValue), ...Object.keys(bare)];
}

async function plainText(value: unknown): Promise<string> {
  const [, bytes] = await plain.dumpsTyped(value);
  return new TextDecoder().decode(bytes);
}

/** JSON that PostgreSQL reads: U+0000 is left out as by LangGraph's own saver, lone surrogates are replaced. */
function cleanJson(text: string): string {
  return /\\u(?:0000|d[89a-f])/i.test(text) ? JSON.stringify(cleaned(JSON.parse(text))) : text;
}

function cleaned(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\u0000", "").toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [cleaned(key), cleaned(child)]));
}
