/** What a user's first program does, run against the packed tarballs: a guarded call in memory, an agent, and a call on PGlite. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createOpenAI } from "@ai-sdk/openai";
import { meter, wfloMetadata } from "@wflo/ai-sdk";
import { createWflo, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";
import { ToolLoopAgent } from "ai";
import OpenAI from "openai";

const messages = [{ role: "user" as const, content: "Say hello." }];

async function callUnderBudget(wflo: Wflo): Promise<void> {
  await wflo.budgets.set({ id: "user/42", caps: { total: "1.00" } });
  const client = new OpenAI({ baseURL: process.env["SIMULATOR_URL"], apiKey: "none", maxRetries: 0 });
  const openai = wfloOpenAI(client, { wflo });
  const answer = await wflo.run({ name: "hello", budget: "0.50", budgets: ["user/42"] }, async () =>
    openai.chat.completions.create({ model: "gpt-4.1-nano", messages }),
  );
  assert.equal(answer.choices[0]?.message.content, "Hello from the simulator.");
  const budget = await wflo.budgets.get("user/42");
  assert.equal(budget?.windows[0]?.spent, "0.0000055");
  await wflo.close();
}

async function agentUnderBudget(wflo: Wflo): Promise<void> {
  const openai = createOpenAI({ baseURL: process.env["SIMULATOR_URL"] ?? "", apiKey: "none" });
  const agent = new ToolLoopAgent({ model: meter(openai.chat("gpt-4.1-nano")) });
  const { text, providerMetadata } = await wflo
    .workflow("agent", agent, { budget: "0.50" })
    .run({ prompt: "Say hello." });
  assert.equal(text, "Hello from the simulator.");
  assert.equal(wfloMetadata(providerMetadata)?.cost, "0.0000055");
  await wflo.close();
}

assert.equal(typeof postgres, "function");
await callUnderBudget(createWflo());
await agentUnderBudget(createWflo());
await callUnderBudget(createWflo({ database: pglite(join(import.meta.dirname, ".wflo")) }));
console.log("packed app ok");
