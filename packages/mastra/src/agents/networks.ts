import { Agent } from "@mastra/core/agent";
import { RequestContext } from "@mastra/core/request-context";
import { attributed, type Attribution, type Wflo } from "@wflo/core";
import { isMetered } from "../models/metered-marks.ts";
import { forRequest } from "../scopes/request-around.ts";

/** What the calls of a request belong to. */
export type Attributed = Attribution & { readonly wflo: Wflo };
type AttributionOf = (requestContext: RequestContext) => Promise<Attributed>;
type Ask = (this: Agent, asked: unknown, options?: NetworkOptions) => Promise<unknown>;

/** What a network is asked with, as far as it matters here. */
interface NetworkOptions {
  readonly requestContext?: RequestContext | undefined;
  readonly memory?: {
    readonly resource?: string | undefined;
    readonly thread?: string | { readonly id: string } | undefined;
  };
}

const METHODS = ["network", "resumeNetwork"] as const;
/** What processors have the calls of an agent belong to. */
const attributions = new WeakMap<object, AttributionOf>();
const changed = new WeakSet<object>();

/**
 * Has the networks of agents that have this processor be under its budgets as a whole: Mastra runs the agents of a network as steps of a workflow,
 * where no tool leads to them, and has the check at its end know nothing of the request.
 */
export function leadNetworks(processor: object, attributionOf: AttributionOf): void {
  attributions.set(processor, attributionOf);
  changeNetworks(Agent.prototype);
}

/** Changes the class of an agent, of whichever copy of Mastra, once. Networks of agents that have no processor of wflo's are as before. */
export function changeNetworks(agent: object): void {
  for (const name of METHODS) {
    let owner: object | null = agent;
    while (owner !== null && !Object.hasOwn(owner, name))
      owner = Object.getPrototypeOf(owner) as object | null;
    const ask = (owner as Readonly<Record<string, unknown>> | null)?.[name];
    if (owner === null || typeof ask !== "function" || changed.has(ask)) continue;
    const value: Ask = async function (asked, options) {
      return withinNetwork(this, options, async () => (ask as Ask).call(this, asked, options));
    };
    changed.add(value);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  }
}

async function withinNetwork<T>(
  agent: Agent,
  options: NetworkOptions | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const given = options?.requestContext ?? new RequestContext();
  const processors: readonly object[] = await agent.listConfiguredInputProcessors(given);
  const leading = processors.flatMap((processor) => attributions.get(processor) ?? []);
  if (leading.length === 0) return work();
  const defaults = (await agent.getDefaultNetworkOptions({ requestContext: given })) as NetworkOptions;
  const requestContext = contextOf(given, { ...defaults, ...options });
  let within = () => forRequest({ requestContext, isNetwork: true }, work);
  for (const attributionOf of leading) {
    const attribution = await attributionOf(requestContext);
    await reportUnmetered(agent, attribution.wflo, given);
    const inner = within;
    within = () => attributed(attribution, inner);
  }
  return within();
}

/** What the router of a network knows of the request. */
function contextOf(given: RequestContext, { memory }: NetworkOptions): RequestContext {
  const context = new RequestContext<unknown>([...given.entries()] as never);
  const thread = typeof memory?.thread === "object" ? memory.thread.id : memory?.thread;
  const ids = { mastra__resourceId: memory?.resource, mastra__threadId: thread };
  for (const [key, id] of Object.entries(ids))
    if (id !== undefined && !context.get(key)) context.set(key, id);
  return context;
}

/** Agents of a network that nobody meters are told of, as those that a tool leads to. */
async function reportUnmetered(agent: Agent, wflo: Wflo, requestContext: RequestContext): Promise<void> {
  for (const [name, inner] of Object.entries(await agent.listAgents({ requestContext }))) {
    const processors: readonly object[] =
      (await (inner as Agent).listConfiguredInputProcessors?.(requestContext)) ?? [];
    if (processors.some((processor) => attributions.has(processor))) continue;
    if (isMetered(await Promise.resolve(inner.getModel({ requestContext })).catch(() => undefined))) continue;
    wflo.reportUnmetered({ provider: "mastra", what: `agent ${name}` });
  }
}
