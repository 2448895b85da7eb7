import { createWflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";
import { median, percentile } from "./percentile.ts";
import { printTable } from "./print-table.ts";
import type { Promises } from "./promises.ts";
import { startSimulatorProcess } from "./start-simulator.ts";

const WARM_UP_CALLS = 200;
const PAIRS = 1_500;
const PROMPT = "Tell me what a hard budget is, in one sentence. ".repeat(86).slice(0, 4_096);
const BODY = { model: "gpt-4.1-nano", messages: [{ role: "user" as const, content: PROMPT }] };

async function timeOne(client: OpenAI): Promise<number> {
  const before = performance.now();
  await client.chat.completions.create(BODY);
  return performance.now() - before;
}

/** The openai adapter beside the plain client, call by call in turn, over HTTP to a simulator in another process. */
export async function measureAdapter(promises: Promises): Promise<void> {
  const baseURL = await startSimulatorProcess({ text: "It cannot be passed.", inputTokens: 900 });
  const wflo = createWflo({ logger: false, settle: "background" });
  await wflo.budgets.set({ id: "bench", caps: { total: 1_000_000 } });
  const plain = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  const metered = wfloOpenAI(new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 }), {
    wflo,
    budgets: ["bench"],
    provider: "openai",
  });
  for (let at = 0; at < WARM_UP_CALLS; at += 1) await Promise.all([timeOne(plain), timeOne(metered)]);
  const [plainMs, meteredMs]: [number[], number[]] = [[], []];
  for (let at = 0; at < PAIRS; at += 1) {
    // Who comes first changes, so that neither always runs on the warmer connection.
    if (at % 2 === 0) plainMs.push(await timeOne(plain));
    meteredMs.push(await timeOne(metered));
    if (at % 2 === 1) plainMs.push(await timeOne(plain));
  }
  await wflo.flush();
  printTable(
    ["openai over HTTP, milliseconds", "median", "p90", "p99"],
    [
      ["plain client", ...figures(plainMs)],
      ["wfloOpenAI", ...figures(meteredMs)],
    ],
  );
  const [less, more] = [median(plainMs), median(meteredMs)];
  console.log(
    `\nadded: ${((more - less) * 1_000).toFixed(0)} microseconds, ratio ${(more / less).toFixed(2)}\n`,
  );
  const budget = await wflo.budgets.get("bench");
  const calls = PAIRS + WARM_UP_CALLS;
  const charged = wflo.pricing.cost({
    provider: "openai",
    model: BODY.model,
    usage: { inputTokens: 900, outputTokens: 5 },
  });
  promises.check(
    `every one of ${calls} calls is in the ledger`,
    (await count(wflo)) === calls,
    String(budget?.windows[0]?.spent),
  );
  promises.check("the price of a call is known", charged.kind === "known");
  await wflo.close();
}

function figures(ms: readonly number[]): readonly string[] {
  return [median(ms), percentile(ms, 0.9), percentile(ms, 0.99)].map((value) => value.toFixed(3));
}

async function count(wflo: ReturnType<typeof createWflo>): Promise<number> {
  let total = 0;
  for (let after: string | undefined; ;) {
    const page = await wflo.calls.list({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    total += page.length;
    after = page.at(-1)?.id;
    if (page.length < 1_000) return total;
  }
}
