import { joinState, splitAt, type StateChannel } from "@wflo/core";
import type { RunKey } from "./run-key.ts";
import { withCopies, withoutCopies } from "./shared-parts.ts";

/** The ids of a run, as they were given, and what it belongs to; keys of states that begin alike are kept apart. */
const KEY = "$run";
const RESOURCE = "$resource";
/** A state that is no object, or one that nobody but its writer knows. */
const WHOLE = "$state";
const OWN = "$";

/** A state has some fifteen keys, and a checkpoint names each of its channels. */
const MAX_KEYS = 40;
const NEVER = () => false;

type State = Readonly<Record<string, unknown>>;

/** What a run is stored as. */
export interface RunContents {
  readonly key: RunKey;
  readonly resourceId: string | undefined;
  /** Plain JSON. */
  readonly snapshot: unknown;
}

/** The channels of a run that are written anew; those whose paths begin with `kept` stay as they are. */
export function channelsOf(
  { key, resourceId, snapshot }: RunContents,
  isNew: boolean,
): { readonly channels: readonly StateChannel[]; readonly kept: ReadonlySet<string> } {
  const kept = new Set(isNew ? [] : [KEY, ...(resourceId === undefined ? [RESOURCE] : [])]);
  const channels = [...stateChannels(snapshot)];
  if (isNew) channels.push(valueAt(KEY, [key.workflowName, key.runId]));
  if (!kept.has(RESOURCE)) channels.push(valueAt(RESOURCE, resourceId ?? null));
  return { channels, kept };
}

/** What the channels of a stored run say. */
export function contentsOf(channels: readonly StateChannel[]): RunContents {
  const { [KEY]: names, [RESOURCE]: resourceId, [WHOLE]: whole, ...state } = joinState(channels) as State;
  const [workflowName = "", runId = ""] = names as readonly string[];
  return {
    key: { workflowName, runId },
    resourceId: typeof resourceId === "string" ? resourceId : undefined,
    snapshot: whole === undefined ? joined(state) : whole,
  };
}

function* stateChannels(snapshot: unknown): Generator<StateChannel> {
  if (!isState(snapshot)) return yield* json(splitAt([WHOLE], snapshot, NEVER));
  const { context } = snapshot;
  const parts = isRecord(context) ? withoutCopies({ context, result: snapshot["result"] }) : undefined;
  for (const [name, value] of Object.entries(snapshot)) {
    if (name === "context" && parts !== undefined) {
      // From the first step on by entries, of which each is followed by what changes in it.
      yield { path: [name], kind: "record", parts: Object.entries(parts.context), isJson: true };
    } else if (name === "result" && parts !== undefined) {
      yield* json(splitAt([name], parts.result, NEVER));
    } else if (name === "serializedStepGraph") {
      // Never changes, or as a whole.
      yield valueAt(name, value);
    } else {
      yield* json(splitAt([name], value, NEVER));
    }
  }
}

function joined(state: State): State {
  const { context } = state;
  if (!isRecord(context)) return state;
  const parts = withCopies({ context, result: state["result"] });
  const entries = Object.entries(state).map(([name, value]) => [
    name,
    name === "context" || name === "result" ? parts[name] : value,
  ]);
  return Object.fromEntries(entries) as State;
}

function isState(snapshot: unknown): snapshot is State {
  if (!isRecord(snapshot)) return false;
  const keys = Object.keys(snapshot);
  return keys.length > 0 && keys.length <= MAX_KEYS && !keys.some((key) => key.startsWith(OWN));
}

function isRecord(value: unknown): value is State {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(name: string, value: unknown): StateChannel {
  return { path: [name], kind: "value", parts: [value], isJson: true };
}

/** The parts are JSON already: their number is not what limits them. */
function json(channels: readonly StateChannel[]): StateChannel[] {
  return channels.map((channel) => ({ ...channel, isJson: true }));
}
