import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import type { Run } from "./run.ts";

/** Writes what wflo cannot save of a framework, such as its messages, as plain data, and reads that back; other data it leaves as it is. */
export interface ValueCodec {
  write(value: unknown): Promise<unknown>;
  read(written: unknown): Promise<unknown>;
}

/** The function of a workflow. Between its steps it must do the same thing each time it is executed. */
export interface WorkflowFunction<Input, T> {
  (run: Run<Input>, input: Input): T | Promise<T>;
  /** For inputs and results that are no plain data. */
  readonly codec?: ValueCodec | undefined;
}

/** An object that is started by `kickoff(input)`, such as a crew of agents. */
export interface KickoffTarget<Input, T> {
  kickoff(input: Input): T | Promise<T>;
}

/** An object that is started by `invoke(input)`, such as a graph or a chain. */
export interface InvokeTarget<Input, T> {
  invoke(input: Input): T | Promise<T>;
}

/** An object that is started by `generate(input)`, such as an agent of the AI SDK or of Mastra. */
export interface GenerateTarget<Input, T> {
  generate(input: Input): T | PromiseLike<T>;
}

/** An object whose runs are made by `createRun()`, such as a workflow of Mastra's; a package that knows it has to be imported. */
export interface CreateRunTarget<Input, T> {
  createRun(): Promise<unknown>;
  readonly inputSchema: TypedSchema<Input>;
  readonly outputSchema: TypedSchema<T>;
}

/** A schema of any library that follows Standard Schema. */
interface TypedSchema<T> {
  readonly "~standard": { readonly types?: { readonly input: T } | undefined };
}

/** What a workflow can be made of. */
export type WorkflowTarget<Input, T> =
  | WorkflowFunction<Input, T>
  | CreateRunTarget<Input, T>
  | KickoffTarget<Input, T>
  | InvokeTarget<Input, T>
  | GenerateTarget<Input, T>;

/** Makes the function of a workflow of an object of some framework; undefined for what is not of that framework. */
export type TargetRecogniser = (target: unknown) => WorkflowFunction<unknown, unknown> | undefined;

/** Kept on the global object, so that a package finds it whichever installed copy of core it was built with. */
const REGISTRY = Symbol.for("wflo.targets");

/**
 * Teaches `wflo.workflow` the objects of a framework; the packages of adapters call it when they are imported. The latest is asked
 * first, before functions, `kickoff`, `invoke` and `generate`. Returns what takes it back.
 */
export function registerTarget(recogniser: TargetRecogniser): () => void {
  if (typeof recogniser !== "function")
    throw new InvalidOptionError("registerTarget takes a function of a target.");
  const known = recognisers();
  known.unshift(recogniser);
  return () => {
    const at = known.indexOf(recogniser);
    if (at !== -1) known.splice(at, 1);
  };
}

/** The function that runs a target. Throws `InvalidOptionError` for what cannot be run. `name` is the workflow's. */
export function functionOf<Input, T>(
  name: string,
  target: WorkflowTarget<Input, T>,
): WorkflowFunction<Input, T> {
  for (const recogniser of recognisers()) {
    const found = recogniser(target);
    if (found !== undefined) return found as WorkflowFunction<Input, T>;
  }
  if (typeof target === "function") return target;
  if (has(target, "kickoff")) return (_, input) => (target as KickoffTarget<Input, T>).kickoff(input);
  if (has(target, "invoke")) return (_, input) => (target as InvokeTarget<Input, T>).invoke(input);
  if (has(target, "generate"))
    return async (_, input) => (target as GenerateTarget<Input, T>).generate(input);
  throw new InvalidOptionError(
    `Workflow ${name} needs a function, an object with kickoff, invoke or generate, or an object of a framework whose wflo package is imported.`,
  );
}

function recognisers(): TargetRecogniser[] {
  const store = globalThis as { [REGISTRY]?: TargetRecogniser[] };
  return (store[REGISTRY] ??= []);
}

function has(target: unknown, method: string): boolean {
  return (
    typeof target === "object" &&
    target !== null &&
    typeof (target as Record<string, unknown>)[method] === "function"
  );
}
