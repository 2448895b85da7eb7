import { steppingTools } from "@wflo/ai-sdk/models";
import { attributed, type Attribution, type Wflo } from "@wflo/core";
import { forRequest, type RequestAround } from "../scopes/request-around.ts";
import { isAwaited, noRefusal, notingRefusal, throwingRefusal } from "./met-refusal.ts";
import { stoppedAlone } from "./stopped-alone.ts";
import { lettingWait } from "./tool-that-waits.ts";

type Execute = (...args: unknown[]) => unknown;

/** How Mastra names the tool by which an agent sets another one to work. */
const AGENT = /^agent-/;
const WORKFLOW = /^workflow-/;

/** For whom an agent's tools work. */
interface Ours {
  readonly attribution: Attribution & { readonly wflo: Wflo };
  /** What agents and workflows that work for the agent do belongs to its own request. */
  readonly request: RequestAround;
}

/**
 * The same tools, in which every metered call belongs to what is around the agent: agents and workflows that work for it, and models that its own
 * tools ask, are under its budgets too. An agent that works for it without any metered call is reported (`call-unmetered`). In a run that
 * saves what its agents do, each call of a tool is a step.
 */
export function attributedTools(
  tools: Readonly<Record<string, unknown>>,
  ours: Ours,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, attributedTool(name, tool, ours)]),
  );
}

function attributedTool(name: string, tool: unknown, { attribution, request }: Ours): unknown {
  if (typeof tool !== "object" || tool === null) return tool;
  const { execute } = tool as { readonly execute?: unknown };
  if (typeof execute !== "function") return tool;
  const isAgent = AGENT.test(name);
  const around = isAgent || WORKFLOW.test(name) ? request : undefined;
  const run: Execute = (...args) => {
    const work = () => forRequest(around, () => (execute as Execute).apply(tool, args));
    return attributed(attribution, () => (isAgent ? stoppedAlone(attribution.wflo, work) : ownWork(work)));
  };
  const call = { provider: "mastra", what: `agent ${name.replace(AGENT, "")}` };
  const told: Execute = isAgent
    ? (...args) => attribution.wflo.reportUnlessMetered(call, () => run(...args))
    : run;
  const stepped = lettingWait(
    (...args) => throwingRefusal(() => told(...args)),
    (work) => asStep(name, work),
  );
  const value: Execute = (...args) => (isAwaited() ? stepped(...args) : told(...args));
  const own = Object.getOwnPropertyDescriptors(tool);
  const described = { value, enumerable: true, configurable: true, writable: true };
  return Object.create(Object.getPrototypeOf(tool) as object | null, { ...own, execute: described });
}

/** Does the work of an agent's own tool: agents that are stopped in it are its own business, unless a run waits for money. */
function ownWork(work: () => unknown): unknown {
  return isAwaited() ? work() : notingRefusal(noRefusal(false), work);
}

/** The same function, whose calls are steps in a run that saves what its agents do. */
function asStep(name: string, execute: Execute): Execute {
  return (steppingTools({ [name]: { execute } })[name] as { readonly execute: Execute }).execute;
}
