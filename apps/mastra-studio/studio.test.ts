import { createWflo, usd } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDevTool, type DevTool } from "./dev-tool.ts";

const REFUSAL =
  /^Budget user\/42 has \$\S+ left of \$0\.003 a day \(resets \S+ UTC\); this call may cost up to /;

let tool: DevTool;
beforeAll(async () => {
  tool = await startDevTool("0.003");
}, 240_000);
afterAll(() => tool?.remove());

interface Told {
  readonly callId: string;
  readonly cost: string;
}

interface Answer {
  readonly text: string;
  readonly steps: readonly { readonly providerMetadata: { readonly wflo: Told } }[];
  readonly tripwire?: { readonly reason: string };
}

test("Mastra's dev tool has the crew, counts each call, shows refusals, and stops cleanly", async () => {
  expect(Object.keys((await tool.ask("agents")) as object)).toEqual(["reader", "editor", "supervisor"]);
  expect(await tool.ask("workflows")).toHaveProperty("digest");

  const messages = "What do the decisions 1 and 2 say?";
  const read = (await tool.ask("agents/reader/generate", { messages })) as Answer;
  expect(read.text).toMatch(/^1\. Hold the bound, charge the bill.*; 2\. /);
  const told = read.steps.map(({ providerMetadata }) => providerMetadata.wflo);
  expect(told).toHaveLength(3);

  const refused = (await tool.ask("agents/supervisor/generate", { messages })) as Answer;
  expect(refused.tripwire?.reason).toMatch(REFUSAL);

  const { runId } = (await tool.ask("workflows/digest/create-run", {})) as { runId: string };
  const inputData = { question: "Which decisions are there?" };
  expect(await tool.ask(`workflows/digest/start-async?runId=${runId}`, { inputData })).toMatchObject({
    status: "suspended",
    suspendPayload: { read: { wflo: { message: expect.stringMatching(REFUSAL) } } },
  });

  const { steps } = (await tool.ask("agents/editor/generate", { messages: "Bees" })) as Answer;
  told.push(...steps.map(({ providerMetadata }) => providerMetadata.wflo));
  expect(told).toHaveLength(4);
  expect(await tool.stop()).toEqual({ code: 0, orphans: false });
  const wflo = createWflo({ database: pglite(tool.database) });
  const calls = await wflo.calls.list({ limit: 100 });
  const charges = new Map(calls.map(({ callId, charged }) => [callId, charged]));
  for (const { callId, cost } of told) expect(charges.get(callId)).toBe(cost);
  const sum = calls.reduce((total, { charged }) => total.plus(charged), usd(0));
  expect((await wflo.budgets.get("user/42"))?.left).toBe(usd("0.003").minus(sum).toString());
  await wflo.close();
}, 120_000);
