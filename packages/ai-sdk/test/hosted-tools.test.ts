import { meter } from "@wflo/ai-sdk";
import { generateText } from "ai";
import { expect, test } from "vitest";
import { anthropicWith } from "./anthropic-desk.ts";
import { lines, newWflo, settled } from "./metering-desk.ts";

const CLAUDE = "claude-sonnet-4-5";
/** What it can read, at the dearest that its input may cost: $6 a million in a long context, a quarter more when it is written to the cache. */
const WINDOW_USD = (200_000 * 7.5) / 1e6;

async function asked(
  toolOf: (anthropic: Awaited<ReturnType<typeof anthropicWith>>["anthropic"]) => unknown,
  hold?: string,
) {
  const { wflo } = await newWflo("100.00");
  const { anthropic, requests } = await anthropicWith({ server_tool_use: { web_search_requests: 2 } });
  const model = meter(anthropic(CLAUDE), {
    wflo,
    budgets: ["user"],
    ...(hold === undefined ? {} : { hold }),
  });
  const ask = { model, prompt: "Hi", maxOutputTokens: 100, maxRetries: 0, tools: { it: toolOf(anthropic) } };
  const error = (await settled(generateText(ask as Parameters<typeof generateText>[0]))) as {
    code?: string;
    message: string;
  };
  return { error, requests, wflo };
}

test("searches are held for by maxUses: their fees, and all that the model may read after each", async () => {
  const { requests, wflo } = await asked(({ tools }) => tools.webSearch_20250305({ maxUses: 3 }));
  expect(requests).toMatchObject([{ tools: [{ type: "web_search_20250305", max_uses: 3 }] }]);
  const [line] = await lines(wflo, 1);
  const least = 4 * WINDOW_USD + 3 * 0.01;
  expect(Number(line?.held)).toBeGreaterThanOrEqual(least);
  expect(Number(line?.held)).toBeLessThan(least * 1.01);
  expect(line).toMatchObject({ kind: "settle", receipt: { costKind: "known" } });
});

test("pages that are fetched cost what is read of them alone", async () => {
  const { wflo } = await asked(({ tools }) => tools.webFetch_20250910({ maxUses: 1 }));
  expect(Number((await lines(wflo, 1))[0]?.held)).toBeLessThan(2 * WINDOW_USD * 1.01);
});

test("a search without maxUses is refused, with the option to set", async () => {
  const { error, requests } = await asked(({ tools }) => tools.webSearch_20250305({}));
  expect(error.code).toBe("WFLO_UNBOUNDED_REQUEST");
  expect(error.message).toContain("Set maxUses of that tool in the request, or the option hold");
  expect(requests).toEqual([]);
});

test("a search that code of the provider's may use again and again is refused, whatever its maxUses", async () => {
  const { error, requests } = await asked(({ tools }) => tools.webSearch_20260209({ maxUses: 3 }));
  expect(error.message).toContain("which code may use that the provider runs");
  expect(requests).toEqual([]);
  const { wflo } = await asked(({ tools }) => tools.webSearch_20260209({ maxUses: 3 }), "0.50");
  expect(await lines(wflo, 1)).toMatchObject([{ held: "0.50" }]);
});
