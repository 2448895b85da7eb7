import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** Does its work within something of a framework's, such as its own context, and returns what the work returns. */
export type Surrounding = <T>(work: () => T) => T;

/** Kept on the global object, so that a package finds it whichever installed copy of core it was built with. */
const REGISTRY = Symbol.for("wflo.surroundings");

/**
 * Has every execution of every run done within `surrounding`; the packages of adapters call it when they are imported. Returns what
 * takes it back.
 */
export function aroundRuns(surrounding: Surrounding): () => void {
  if (typeof surrounding !== "function")
    throw new InvalidOptionError("aroundRuns takes a function of the work.");
  const known = surroundings();
  known.push(surrounding);
  return () => {
    const at = known.indexOf(surrounding);
    if (at !== -1) known.splice(at, 1);
  };
}

/** Does the work of a run within all that was registered. */
export function surrounded<T>(work: () => T): T {
  return surroundings().reduceRight<() => T>((inner, surrounding) => () => surrounding(inner), work)();
}

function surroundings(): Surrounding[] {
  const store = globalThis as { [REGISTRY]?: Surrounding[] };
  return (store[REGISTRY] ??= []);
}
