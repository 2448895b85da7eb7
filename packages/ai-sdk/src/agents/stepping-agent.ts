import { steppingTools } from "./stepping-tools.ts";

/** An agent of the AI SDK, such as a `ToolLoopAgent`. */
export interface AnyAgent {
  readonly version: string;
  readonly tools?: object | undefined;
  generate(call: object): PromiseLike<unknown>;
  stream(call: object): PromiseLike<unknown>;
}

interface Settings {
  readonly tools?: object | undefined;
  readonly prepareCall?: ((call: object) => unknown) | undefined;
}

/** Whether a value is an agent of the AI SDK. */
export function isAgent(value: unknown): value is AnyAgent {
  if (typeof value !== "object" || value === null) return false;
  const { version, generate, stream } = value as Partial<AnyAgent>;
  return (
    typeof version === "string" && version.startsWith("agent-") && isFunction(generate) && isFunction(stream)
  );
}

/**
 * The same agent, whose calls of tools are steps. Of an agent of another class than the SDK's own, whose settings are unknown here, only calls of
 * models are.
 */
export function steppingAgent<Agent extends AnyAgent>(agent: Agent): Agent {
  const { settings } = agent as { readonly settings?: Settings };
  const ofSdk = prototypeOfSdk(agent);
  if (ofSdk === undefined || typeof settings !== "object" || settings === null) return agent;
  const { tools, prepareCall } = settings;
  const stepping = {
    ...settings,
    ...(tools === undefined ? {} : { tools: steppingTools(tools) }),
    ...(prepareCall === undefined ? {} : { prepareCall: steppingPreparation(prepareCall, tools) }),
  };
  if (ofSdk === Object.getPrototypeOf(agent))
    return Object.create(agent, { settings: { value: stepping } }) as Agent;
  // No other object has the private fields of a class of the user's. Outside of runs its tools do what they did before.
  if (!inPlace.has(agent) && Reflect.set(agent, "settings", stepping)) inPlace.add(agent);
  return agent;
}

/** Agents whose own tools are steps. */
const inPlace = new WeakSet<object>();

/** That of the SDK's own class, of whichever copy of it, which an agent is of or whose class extends it. */
function prototypeOfSdk(agent: object): object | undefined {
  let proto = Object.getPrototypeOf(agent) as object | null;
  while (proto !== null && !(Object.hasOwn(proto, "prepareCall") && Object.hasOwn(proto, "generate")))
    proto = Object.getPrototypeOf(proto) as object | null;
  return proto ?? undefined;
}

/** Tools may be chosen anew for each call: it gets the agent's own, and what it returns is made steps of. */
function steppingPreparation(prepare: (call: object) => unknown, own: object | undefined) {
  return async (call: object) => {
    const given = "tools" in call && own !== undefined ? { ...call, tools: own } : call;
    const prepared = (await prepare(given)) as Settings | undefined;
    if (prepared?.tools === undefined) return prepared;
    return { ...prepared, tools: steppingTools(prepared.tools) };
  };
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
