import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/**
 * For a result of a framework's that is still being made when it is returned, such as one that streams in several ways: what resolves
 * when it is over, and rejects with what it ended by. Undefined for any other value.
 */
export type PendingRecogniser = (value: unknown) => (() => Promise<void>) | undefined;

/** Kept on the global object, so that a package finds it whichever installed copy of core it was built with. */
const REGISTRY = Symbol.for("wflo.pending");

/**
 * Teaches runs the results of a framework that are still being made: a run that returns one is over when that is. The packages of adapters
 * call it when they are imported. Returns what takes it back.
 */
export function registerPending(recogniser: PendingRecogniser): () => void {
  if (typeof recogniser !== "function")
    throw new InvalidOptionError("registerPending takes a function of a result.");
  const known = recognisers();
  known.unshift(recogniser);
  return () => {
    const at = known.indexOf(recogniser);
    if (at !== -1) known.splice(at, 1);
  };
}

/** What a result waits for; undefined where it is there. */
export function pendingOf(value: unknown): (() => Promise<void>) | undefined {
  for (const recogniser of recognisers()) {
    const pending = recogniser(value);
    if (pending !== undefined) return pending;
  }
  return undefined;
}

function recognisers(): PendingRecogniser[] {
  const store = globalThis as { [REGISTRY]?: PendingRecogniser[] };
  return (store[REGISTRY] ??= []);
}
