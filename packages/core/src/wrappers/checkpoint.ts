import { checkName } from "../budget/check-name.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { NoClientError } from "../errors/no-client-error.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import { currentContext } from "../run/run-context.ts";
import { agentMethods } from "./agent-methods.ts";
import { ownData } from "./own-data.ts";
import { wrapWith, type FunctionWrapper } from "./wrapped-function.ts";

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
   * What to save. Default: the result; without one, what the object is made of that the function is a method of; else the arguments.
   * Of instances of classes it is their own data.
   */
  readonly state?: ((call: FinishedCall) => unknown) | undefined;
  /** True: a state that cannot be saved is an error. Default: it is reported, and the result is given all the same. */
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

/** `checkpoint`: a wrapper of functions, and of the methods of agents. */
export interface CheckpointWrapper<Client> {
  /** Wraps a function, or decorates a method: its state is saved each time it has returned. */
  (options?: CheckpointOptions<Client>): FunctionWrapper;
  /**
   * An agent like this one whose state is saved each time it has run: `{ result, agent }`, the agent's own data. Runs are calls of
   * its methods `run`, `invoke`, `generate`, `call`, `execute`, `kickoff`, `chat` and `ask`. Default name: the agent's.
   */
  after<Agent extends object>(agent: Agent, options?: CheckpointOptions<Client>): Agent;
}

/** Makes `checkpoint`. */
export function checkpointOn<Client extends StateSaver>(): CheckpointWrapper<Client> {
  const wrap = (options: CheckpointOptions<Client> = {}): FunctionWrapper => {
    checkOptions(options);
    const wrapper = (target: unknown, context?: unknown) =>
      wrapWith(target, context, (ownName) => {
        const saving = new Saving(options, options.name ?? ownName, defaultState);
        return (call, args, self) => saving.around(call, args, self);
      });
    return wrapper as FunctionWrapper;
  };
  const after = <Agent extends object>(agent: Agent, options: CheckpointOptions<Client> = {}): Agent => {
    checkOptions(options);
    const saving = new Saving(options, options.name ?? nameOf(agent), agentState);
    return agentMethods(agent, (call, args) => saving.around(call, args, agent));
  };
  return Object.assign(wrap, { after });
}

/** The saving of one wrapped function. */
class Saving {
  readonly #options: CheckpointOptions<StateSaver>;
  readonly #name: string;
  readonly #stateOf: (call: FinishedCall) => unknown;
  #hasWarned = false;

  constructor(
    options: CheckpointOptions<StateSaver>,
    name: string,
    stateOf: (call: FinishedCall) => unknown,
  ) {
    checkName("The name of a checkpoint", name);
    this.#options = options;
    this.#name = name;
    this.#stateOf = options.state ?? stateOf;
  }

  async around(call: () => unknown, args: readonly unknown[], self: unknown): Promise<unknown> {
    const result = await call();
    try {
      await this.#save({ self, args, result });
    } catch (error) {
      if (this.#options.strict || error instanceof RunSupersededError) throw error;
      this.#warn(error);
    }
    return result;
  }

  async #save(call: FinishedCall): Promise<void> {
    const { strict, wflo } = this.#options;
    const { run, step } = currentContext();
    const state = this.#stateOf(call);
    if (run?.history !== undefined) await run.history.save(this.#name, state, step, { strict });
    else if (wflo !== undefined) await wflo.checkpoints.save(this.#name, state, { name: this.#name });
    else throw new NoClientError();
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    console.warn(`wflo: checkpoint ${this.#name} is not saved: ${String(error)}`);
  }
}

function defaultState({ self, args, result }: FinishedCall): unknown {
  const own = [result, self, args.length === 1 ? args[0] : args].map((from) =>
    from === globalThis ? undefined : ownData(from),
  );
  return own.find((data) => data !== undefined);
}

function agentState({ self, result }: FinishedCall): unknown {
  return { result: ownData(result), agent: ownData(self) };
}

function nameOf(agent: object): string {
  const { name, constructor } = agent as {
    readonly name?: unknown;
    readonly constructor?: { readonly name?: unknown };
  };
  if (typeof name === "string" && name !== "") return name;
  return typeof constructor?.name === "string" && constructor.name !== "" ? constructor.name : "agent";
}

function checkOptions(options: CheckpointOptions<StateSaver>): void {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError('checkpoint takes its options first: checkpoint({ name: "plan" })(fn).');
  }
  if (options.name !== undefined) checkName("The name of a checkpoint", options.name);
}
