import { memoryDatabase } from "@wflo/core";
import { Agent } from "@mastra/core/agent";
import { expect, test } from "vitest";
import {
  agentWorkflow,
  meterEmbedder,
  meterModel,
  wfloProcessor,
  WfloWorkflowsStorage,
} from "../src/index.ts";

const agent = new Agent({ id: "a", name: "a", instructions: "Be short.", model: "openai/gpt-4.1" });

test.each([
  ["meterModel", (options: object) => meterModel("openai/gpt-4.1", options)],
  ["meterEmbedder", (options: object) => meterEmbedder("openai/text-embedding-3-small", options)],
  ["wfloProcessor", (options: object) => wfloProcessor(options)],
  ["agentWorkflow", (options: object) => agentWorkflow(agent, options)],
  [
    "WfloWorkflowsStorage",
    (options: object) => new WfloWorkflowsStorage({ database: memoryDatabase(), ...options }),
  ],
])("%s refuses an option that there is not by its name, since else calls are on no budget", (name, make) => {
  expect(() => make({ maxcost: "0.50" })).toThrow(
    new RegExp(`${name}: there is no "maxcost"; there are \\w+`),
  );
});
