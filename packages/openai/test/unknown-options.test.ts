import OpenAI from "openai";
import { expect, test } from "vitest";
import { wfloOpenAI, type WfloOpenAIOptions } from "../src/index.ts";

test("an option that there is not is refused by its name, since else its calls are on no budget", () => {
  const options: object = { budgetIds: ["user/42"] };
  const meter = () => wfloOpenAI(new OpenAI({ apiKey: "k" }), options as WfloOpenAIOptions);
  expect(meter).toThrow(/wfloOpenAI: there is no "budgetIds"; there are wflo, budget, budgets/);
});
