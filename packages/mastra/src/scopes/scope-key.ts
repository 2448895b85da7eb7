import type { RequestContext } from "@mastra/core/request-context";

/** Whose spending counts together, as in Mastra's `TokenCostControl`. */
export type Scope = "run" | "resource" | "thread" | "user" | "organization" | "session";

const IN_MEMORY = 'give the agent a memory and pass memory: { resource: "…", thread: "…" }';
/** Where each scope but "run" has its id in a request, and what to do where it has none. */
const PLACES: Readonly<Record<Exclude<Scope, "run">, readonly [keys: readonly string[], fix: string]>> = {
  resource: [["mastra__resourceId"], `${IN_MEMORY}, or set mastra__resourceId on the requestContext`],
  thread: [["mastra__threadId"], `${IN_MEMORY}, or set mastra__threadId on the requestContext`],
  user: [["userId"], "set userId on the requestContext"],
  organization: [["organizationId"], "set organizationId on the requestContext"],
  session: [["sessionId"], "set sessionId on the requestContext"],
};

/** Under which the run of an agent is remembered for those that it sets to work: they get the entries of its request context. */
const RUN = "wflo__runId";

/** Every name of a scope. */
export const SCOPES: readonly string[] = ["run", ...Object.keys(PLACES)];

/** The id that a request has for a scope; what to do where it has none. */
export function scopeKey(
  scope: Scope,
  requestContext: RequestContext | undefined,
): { readonly key: string } | { readonly fix: string } {
  const context = requestContext as RequestContext<unknown> | undefined;
  if (scope === "run") {
    if (context === undefined) return { fix: "run the agent with a request context" };
    const run = textOf(context.get(RUN)) ?? crypto.randomUUID();
    context.set(RUN, run);
    return { key: run };
  }
  const [names, fix] = PLACES[scope];
  const key = [...names.map((name) => context?.get(name)), inMemory(scope, context)]
    .map(textOf)
    .find((found) => found !== undefined);
  return key === undefined ? { fix } : { key };
}

/** Mastra keeps the thread and the resource of an agent's memory together as well. */
function inMemory(scope: Scope, context: RequestContext<unknown> | undefined): unknown {
  const memory = context?.get("MastraMemory") as
    | { readonly resourceId?: unknown; readonly thread?: { readonly id?: unknown } }
    | undefined;
  if (scope === "resource") return memory?.resourceId;
  return scope === "thread" ? memory?.thread?.id : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "bigint" || Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
