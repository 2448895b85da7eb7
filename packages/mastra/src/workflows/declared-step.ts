import type { Mastra } from "@mastra/core/mastra";
import { createMappingStep, createStep } from "@mastra/core/workflows";
import { meterInRuns } from "../agents/metered-in-runs.ts";
import type { GraphStep, SingleEntry, WorkflowParts } from "./mastra-graph.ts";

type Declared = Exclude<SingleEntry, { readonly type: "step" }>;

/** The step that an entry stands for which names an agent, a tool, a classifier or a mapping; what is only named is looked up when it is needed. */
export function declaredStep(entry: Declared, workflow: WorkflowParts): GraphStep {
  if (entry.type === "mapping")
    return createMappingStep(entry.id, entry.mapConfig as never) as unknown as GraphStep;
  let made: GraphStep | undefined;
  const step = (): GraphStep => {
    const { options } = entry;
    made ??= createStep(
      targetOf(entry, workflow.mastra as Mastra) as never,
      options as never,
    ) as unknown as GraphStep;
    return made;
  };
  // Mastra asks for these before it does the step.
  const lazy = [
    "description",
    "inputSchema",
    "outputSchema",
    "resumeSchema",
    "suspendSchema",
    "retries",
    "scorers",
  ];
  const getters = lazy.map(
    (name) =>
      [
        name,
        { get: () => Reflect.get(step(), name) as unknown, enumerable: true, configurable: true },
      ] as const,
  );
  const known = {
    id: entry.id,
    component: entry.type.toUpperCase(),
    execute: async (context: never) => {
      if (entry.type === "agent") await meterInRuns([targetOf(entry, workflow.mastra as Mastra)]);
      return step().execute(context);
    },
  };
  return Object.defineProperties(known, Object.fromEntries(getters)) as GraphStep;
}

function targetOf(entry: Exclude<Declared, { readonly type: "mapping" }>, mastra: Mastra): unknown {
  switch (entry.type) {
    case "agent":
      return entry.agent ?? mastra.getAgentById(entry.agentId as never);
    case "tool":
      return entry.tool ?? mastra.getTool(entry.toolId as never);
    case "classifier":
      return entry.classifier ?? mastra.getClassifierById(entry.classifierId as never);
  }
}
