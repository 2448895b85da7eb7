import { agentMethods, checkAgent } from "./agent-methods.ts";
import { checkCheckpointOptions, type CheckpointOptions, type StateSaver } from "./checkpoint-options.ts";
import { Saving } from "./checkpoint-saving.ts";
import { stateOfAgent, stateOfCall } from "./checkpoint-state.ts";
import { wrapWith, type FunctionWrapper } from "./wrapped-function.ts";

export type { CheckpointOptions } from "./checkpoint-options.ts";

/** `checkpoint`: a wrapper of functions, and of the methods of agents. */
export interface CheckpointWrapper<Client> {
  /**
   * Wraps a function, or decorates a method: its state is saved each time it has returned. What it returns always returns a promise,
   * of the stream or the generator where the function returned one. Throws `InvalidOptionError`.
   */
  (options?: CheckpointOptions<Client>): FunctionWrapper;
  /**
   * An agent like this one whose state is saved each time it has run: `{ result, agent }`, the agent's own data. Runs are calls of
   * its methods `run`, `invoke`, `generate`, `call`, `execute`, `kickoff`, `chat` and `ask`, or of an agent that is a function. They
   * return what they returned: of a stream `{ agent }` is saved, when a generator has been read, otherwise at once; a method that
   * is not asynchronous returns while the state is being saved. Default name: the agent's. Throws `InvalidOptionError`.
   */
  after<Agent extends object>(agent: Agent, options?: CheckpointOptions<Client>): Agent;
}

/** Makes `checkpoint`. */
export function checkpointOn<Client extends StateSaver>(): CheckpointWrapper<Client> {
  const wrap = (options: CheckpointOptions<Client> = {}): FunctionWrapper => {
    checkCheckpointOptions(options);
    const wrapper = (target: unknown, context?: unknown) =>
      wrapWith(target, context, (ownName) => {
        const saving = new Saving(options, options.name ?? ownName, stateOfCall);
        return (call, args, self) => saving.around(call, args, self);
      });
    return wrapper as FunctionWrapper;
  };
  const after = <Agent extends object>(agent: Agent, options: CheckpointOptions<Client> = {}): Agent => {
    checkCheckpointOptions(options);
    checkAgent(agent);
    const saving = new Saving(options, options.name ?? nameOf(agent), stateOfAgent);
    return agentMethods(agent, (call, args) => saving.aroundAny(call, args, agent));
  };
  return Object.assign(wrap, { after });
}

function nameOf(agent: object): string {
  const { name, constructor } = agent as {
    readonly name?: unknown;
    readonly constructor?: { readonly name?: unknown };
  };
  if (typeof name === "string" && name !== "") return name;
  if (typeof agent === "function") return "agent";
  return typeof constructor?.name === "string" && constructor.name !== "" ? constructor.name : "agent";
}
