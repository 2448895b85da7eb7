import { createOpenAI } from "@ai-sdk/openai";
import { ToolLoopAgent } from "ai";
import { expect, test } from "vitest";
import { agentWorkflow, meter, wfloMiddleware } from "../src/index.ts";

const openai = createOpenAI({ apiKey: "k" });

test.each([
  ["meter", (options: object) => meter(openai, options)],
  ["wfloMiddleware", (options: object) => wfloMiddleware(options)],
  [
    "agentWorkflow",
    (options: object) => agentWorkflow(new ToolLoopAgent({ model: openai("gpt-4.1") }), options),
  ],
])("%s refuses an option that there is not by its name, since else calls are on no budget", (name, make) => {
  expect(() => make({ budgetIds: ["user/42"] })).toThrow(
    new RegExp(`${name}: there is no "budgetIds"; there (is|are) \\w+`),
  );
});
