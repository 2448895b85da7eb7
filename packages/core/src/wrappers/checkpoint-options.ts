import { checkNames, type OptionNames } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/** What a wrapped function was called with and what became of it. */
export interface FinishedCall {
  readonly self: unknown;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

/** How `checkpoint` saves. */
export interface CheckpointOptions<Client> {
  /** The name of the checkpoint; outside of runs also that of the thread. Default: the name of the function. */
  readonly name?: string | undefined;
  /**
   * What to save. Default: the result; without one, what the object is made of that the function is a method of; else the arguments,
   * also of a function that returns a stream. Of instances of classes it is their own data, without methods, secrets, clients and
   * the like; that something was left out is reported once.
   */
  readonly state?: ((call: FinishedCall) => unknown) | undefined;
  /** True: a state that cannot be saved, or not all of it, is an error. Default: it is reported, and the result is given all the same. */
  readonly strict?: boolean | undefined;
  /** The client that saves outside of runs. */
  readonly wflo?: Client | undefined;
}

/** What a client saves with. */
export interface StateSaver {
  readonly checkpoints: {
    save(of: string, state: unknown, options: { readonly name: string }): Promise<unknown>;
  };
}

const NAMES: OptionNames<CheckpointOptions<unknown>> = { name: true, state: true, strict: true, wflo: true };

/** Throws `InvalidOptionError` for options that cannot mean anything. */
export function checkCheckpointOptions(options: CheckpointOptions<StateSaver>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('checkpoint takes its options first: checkpoint({ name: "plan" })(fn).');
  }
  checkNames("The options of checkpoint", options, NAMES);
  const { name, state, strict, wflo } = options;
  if (name !== undefined) checkName("The name of a checkpoint", name);
  if (state !== undefined && typeof state !== "function")
    throw new InvalidOptionError("The state of checkpoint is a function: ({ self, args, result }) => state.");
  if (strict !== undefined && typeof strict !== "boolean")
    throw new InvalidOptionError("The option strict of checkpoint is true, false, or left out.");
  if (wflo !== undefined && typeof wflo?.checkpoints?.save !== "function")
    throw new InvalidOptionError("The option wflo of checkpoint is a client, as createWflo() makes it.");
}
