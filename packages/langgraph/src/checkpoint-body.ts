import type {
  ChannelVersions,
  Checkpoint,
  CheckpointMetadata,
  SerializerProtocol,
} from "@langchain/langgraph-checkpoint";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { readSeen, type SeenByNode, writeSeen } from "./seen-versions.ts";

/** The key under which versions of channels stand that have a value. */
export const HELD = "h";
/** The key of the metadata that `list` filters by. */
const META = "m";
/** The key of the run that its caller named, where the metadata names none. */
const RUN = "u";

/** What is kept of a checkpoint beside the values of its channels: text of the store, JSON. Short keys, as every checkpoint has them. */
interface Body {
  /** What else LangGraph's checkpoint has: `v`, `ts`. */
  readonly r: Readonly<Record<string, unknown>>;
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

/** Metadata as a body holds it. */
export function metadataText(metadata: CheckpointMetadata): Promise<string> {
  return plainText(metadata);
}

/** The text of a checkpoint's body. `held` are the names of the channels that have a value; `runId` is for `deleteForRuns`. */
export function writeBody(
  checkpoint: Checkpoint,
  metadata: string,
  held: ReadonlySet<string>,
  runId?: string,
): string {
  const { id: _, channel_values: __, channel_versions: versions, versions_seen: seen, ...rest } = checkpoint;
  const all = Object.entries(versions ?? {});
  const withValue = Object.fromEntries(all.filter(([name]) => held.has(name)));
  const bare = Object.fromEntries(all.filter(([name]) => !held.has(name)));
  const body: Body = {
    r: rest,
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
  return Date.parse(String((JSON.parse(body) as Body).r["ts"]));
}

/** What a body tells without its values. */
export function outlineBody(text: string): BodyOutline {
  const { r: rest, [HELD]: held, [META]: meta, [RUN]: runId } = JSON.parse(text) as Body;
  const { parents, run_id: ownRun, ...more } = (meta ?? {}) as Readonly<Record<string, unknown>>;
  const has = new Set(Object.keys(held));
  return {
    v: Number(rest["v"]),
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
