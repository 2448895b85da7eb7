import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { meterChatModel } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { anthropicServer } from "./anthropic-server.ts";
import { lines, newWflo, settled } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("Hi")];
/** What it can read, at the dearest that its input may cost: $6 a million in a long context, a quarter more when it is written to the cache. */
const WINDOW_USD = (200_000 * 7.5) / 1e6;

async function asked(tool: object, hold?: string) {
  const { url, requests } = await anthropicServer({
    start: { input_tokens: 100, output_tokens: 1 },
    end: { output_tokens: 40, server_tool_use: { web_search_requests: 2 } },
  });
  const wflo = await newWflo("100.00");
  const bare = new ChatAnthropic({
    model: "claude-sonnet-4-5",
    apiKey: "sk-ant",
    anthropicApiUrl: url,
    maxRetries: 0,
    maxTokens: 100,
  });
  const model = meterChatModel(bare, { wflo, budgets: ["user"], ...(hold === undefined ? {} : { hold }) });
  const error = (await settled(model.bindTools([tool as never]).invoke(PROMPT))) as {
    code?: string;
    message: string;
  };
  return { error, requests, wflo };
}

const search = (more: object = {}) => ({ type: "web_search_20250305", name: "web_search", ...more });

test("searches are held for by max_uses: their fees, and all that the model may read after each", async () => {
  const { requests, wflo } = await asked(search({ max_uses: 3 }));
  expect(requests).toMatchObject([{ tools: [{ type: "web_search_20250305", max_uses: 3 }] }]);
  const [line] = await lines(wflo, 1);
  const least = 4 * WINDOW_USD + 3 * 0.01;
  expect(Number(line?.held)).toBeGreaterThanOrEqual(least);
  expect(Number(line?.held)).toBeLessThan(least * 1.01);
  expect(line?.kind).toBe("settle");
});

test("a search without max_uses is refused, with the option to set", async () => {
  const { error, requests } = await asked(search());
  expect(error.code).toBe("WFLO_UNBOUNDED_REQUEST");
  expect(error.message).toContain("Set max_uses of that tool in the request, or the option hold");
  expect(requests).toEqual([]);
});

test("a search of a version that code of the provider's may use is refused, unless only the model may", async () => {
  const newer = { type: "web_search_20260209", max_uses: 3 };
  const { error, requests } = await asked(search(newer));
  expect(error.message).toContain("which code may use that the provider runs");
  expect(requests).toEqual([]);
  const { wflo } = await asked(search({ ...newer, allowed_callers: ["direct"] }));
  expect(Number((await lines(wflo, 1))[0]?.held)).toBeGreaterThan(4 * WINDOW_USD);
});

test("a tool that the provider describes is held for beside its few bytes", async () => {
  const held = async (tool: object) => Number((await lines((await asked(tool)).wflo, 1))[0]?.held);
  const own = await held({ name: "bash", input_schema: { type: "object" } });
  const described = await held({ type: "bash_20250124", name: "bash" });
  expect(described - own).toBeGreaterThan((1_400 * 3) / 1e6);
});
