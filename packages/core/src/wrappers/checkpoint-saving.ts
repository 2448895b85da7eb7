import { checkName } from "../budget/check-name.ts";
import { copyOf } from "../checkpoint/copy-of.ts";
import { NoClientError } from "../errors/no-client-error.ts";
import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import { bindContext, currentContext } from "../run/run-context.ts";
import { afterSettling } from "./after-settling.ts";
import type { CheckpointOptions, FinishedCall, StateSaver } from "./checkpoint-options.ts";
import type { TakeState } from "./checkpoint-state.ts";
import { isStream } from "./live-resource.ts";
import type { LeftOut } from "./own-data.ts";
import { isGenerator, watchGenerator } from "./watch-generator.ts";
import { isThenable } from "./wrapped-function.ts";

/** So many paths are named in a warning. */
const MAX_PATHS = 10;

/** The saving of one wrapped function or agent. */
export class Saving {
  readonly #options: CheckpointOptions<StateSaver>;
  readonly #name: string;
  readonly #take: TakeState;
  readonly #told = new Set<string>();

  constructor(options: CheckpointOptions<StateSaver>, name: string, take: TakeState) {
    checkName("The name of a checkpoint", name);
    const { state } = options;
    this.#options = options;
    this.#name = name;
    this.#take = state === undefined ? take : (call) => ({ state: state(call), leftOut: [] });
  }

  /** Calls a function; its result is given when the state is saved. */
  async around(call: () => unknown, args: readonly unknown[], self: unknown): Promise<unknown> {
    const result = await call();
    await this.#save({ self, args, result });
    return result;
  }

  /**
   * Calls a method that returns what it returned: a promise when the state is saved, a stream at once, and any other value at once
   * while the state is being saved. The state after a generator is saved when that has been read.
   */
  aroundAny(call: () => unknown, args: readonly unknown[], self: unknown): unknown {
    const result = call();
    const finished = (value: unknown) => ({ self, args, result: value });
    const pass = (value: unknown): unknown => {
      if (isGenerator(value)) watchGenerator(value, this.#whenRead(finished(value)));
      else this.#saveBehind(finished(value));
      return value;
    };
    if (isStream(result) || !isThenable(result)) return pass(result);
    const after = async (value: unknown) => {
      if (isStream(value)) return pass(value);
      await this.#save(finished(value));
      return value;
    };
    return afterSettling(result, bindContext(after));
  }

  #whenRead(call: FinishedCall): () => unknown {
    const isAsync = Symbol.asyncIterator in (call.result as object);
    return bindContext(() => (isAsync ? this.#save(call) : this.#saveBehind(call)));
  }

  async #save(call: FinishedCall): Promise<void> {
    const taken = this.#taken(call);
    if (taken !== undefined) await this.#write(taken.state);
  }

  /** For a caller that gets its result at once: what keeps the state from being taken is an error if it is to be, the rest is reported. */
  #saveBehind(call: FinishedCall): void {
    // What the user's function gave is still in use when its turn comes.
    const isOwn = this.#options.state !== undefined;
    const taken = this.#taken(call, (state) => (isOwn ? copyOf(state, this.#name) : state));
    if (taken !== undefined)
      void this.#write(taken.state).catch((error: unknown) => this.#tellUnsaved(error));
  }

  #taken(call: FinishedCall, copy = (state: unknown) => state): { readonly state: unknown } | undefined {
    try {
      const { state, leftOut } = this.#take(call, this.#name);
      const [first] = leftOut;
      if (first !== undefined && this.#options.strict) throw new UnsavableValueError(first.path, first.what);
      const copied = copy(state);
      if (first !== undefined) this.#tellLeftOut(leftOut);
      return { state: copied };
    } catch (error) {
      if (this.#options.strict) throw error;
      this.#tellUnsaved(error);
      return undefined;
    }
  }

  async #write(state: unknown): Promise<void> {
    const { strict, wflo } = this.#options;
    const { run, step } = currentContext();
    // A run reports by itself what is no error in it.
    if (run?.history !== undefined) return void (await run.history.save(this.#name, state, step, { strict }));
    try {
      if (wflo === undefined) throw new NoClientError();
      await wflo.checkpoints.save(this.#name, state, { name: this.#name });
    } catch (error) {
      if (strict) throw error;
      this.#tellUnsaved(error);
    }
  }

  #tellUnsaved(error: unknown): void {
    this.#tell("unsaved", `is not saved: ${String(error)}`);
  }

  #tellLeftOut(leftOut: readonly LeftOut[]): void {
    const named = leftOut.slice(0, MAX_PATHS).map(({ path, what }) => `${path} (${what})`);
    const more = leftOut.length > MAX_PATHS ? ` and ${leftOut.length - MAX_PATHS} more` : "";
    this.#tell(
      "left out",
      `is saved without ${named.join(", ")}${more}. Say what to save by the option state.`,
    );
  }

  #tell(what: string, sentence: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    console.warn(`wflo: checkpoint ${this.#name} ${sentence}`);
  }
}
