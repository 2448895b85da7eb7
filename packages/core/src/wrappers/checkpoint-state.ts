import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import type { FinishedCall } from "./checkpoint-options.ts";
import { isStream } from "./live-resource.ts";
import { NOTHING, OwnDataReader, type LeftOut } from "./own-data.ts";

/** A state, and what could not be taken into it. */
export interface TakenState {
  readonly state: unknown;
  readonly leftOut: readonly LeftOut[];
}

/** Takes the state of a call; `name`, that of the checkpoint, begins the paths. */
export type TakeState = (call: FinishedCall, name: string) => TakenState;

/**
 * The result; without one the data of the object that the function is a method of, or the arguments; of a stream, the arguments.
 * Throws `UnsavableValueError` for a result of which nothing can be read: something else in its place would not be the result.
 */
export function stateOfCall({ self, args, result }: FinishedCall, name: string): TakenState {
  const reader = new OwnDataReader();
  const { leftOut } = reader;
  const hasResult = result !== undefined && !isStream(result);
  if (result === undefined) {
    const state = reader.readOwner(self, name);
    if (state !== NOTHING) return { state, leftOut };
  }
  const state = reader.read(hasResult ? result : args.length === 1 ? args[0] : args, name);
  if (state === NOTHING) throw unreadable(reader, name);
  return { state, leftOut };
}

/** The result and the data of the agent; for a stream, which can be read only once, of the agent alone. */
export function stateOfAgent({ self, result }: FinishedCall, name: string): TakenState {
  const reader = new OwnDataReader();
  const path = { agent: `${name}.agent`, result: `${name}.result` };
  const parts = {
    result: isStream(result) ? NOTHING : reader.read(result, path.result),
    agent: reader.readOwner(self, path.agent),
  };
  if (parts.result === NOTHING && !isStream(result)) note(reader, path.result);
  if (parts.agent === NOTHING && isOfClass(self)) note(reader, path.agent);
  const kept = Object.entries(parts).filter(([, part]) => part !== NOTHING);
  if (kept.length === 0) throw unreadable(reader, name);
  return { state: Object.fromEntries(kept), leftOut: reader.leftOut };
}

/** Says that nothing of a part is there, unless it was said of what is in it. */
function note(reader: OwnDataReader, path: string): void {
  if (!reader.leftOut.some((left) => left.path.startsWith(path))) reader.leave(path, "it shows no data");
}

function unreadable({ leftOut: [first] }: OwnDataReader, name: string): UnsavableValueError {
  return new UnsavableValueError(first?.path ?? name, first?.what ?? "it shows no data");
}

function isOfClass(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}
