import { isBudgetExceeded, usd, decimalUsd } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase, type AdapterSetup } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

const PLENTY = "100.00";
/** Not even the smallest answer fits. */
const TOO_LITTLE = "0.0001";
/** A small answer fits, the longest possible does not. */
const SHORT = "0.002";

/** What a budget does to requests. */
export const adapterCapsCases: readonly AdapterCase[] = [
  adapterCase(
    "throws a refusal for want of money before a byte is sent, and does not retry it",
    async (desk) => {
      const refused = await watchRefusals(desk);
      const adapter = await desk.adapter({ maxRetries: 2 });
      expect(isBudgetExceeded(await failureOf(adapter.text("Hi")))).toBe(true);
      expect(desk.simulator.requests).toHaveLength(0);
      expect(refused.count).toBe(1);
    },
  ),
  adapterCase("throws a refusal of a stream before a byte is sent, and does not retry it", async (desk) => {
    const refused = await watchRefusals(desk);
    const stream = await desk.streaming({ maxRetries: 2 });
    expect(isBudgetExceeded(await failureOf(stream("Hi").then(readAll)))).toBe(true);
    expect(desk.simulator.requests).toHaveLength(0);
    expect(refused.count).toBe(1);
  }),
  adapterCase("leaves the request as it is while money is plentiful", async (desk) => {
    await desk.budget(PLENTY);
    expect(await bodySent(desk, { layers: 1 })).toEqual(await bodySent(desk, { layers: 0 }));
  }),
  adapterCase(
    "leaves a streamed request as it is while money is plentiful, but for asking for usage",
    async (desk) => {
      await desk.budget(PLENTY);
      const { stream_options: _, ...sent } = await streamBodySent(desk, { layers: 1 });
      const { stream_options: __, ...plain } = await streamBodySent(desk, { layers: 0 });
      expect(sent).toEqual(plain);
    },
  ),
  adapterCase("caps the output in a field that the provider honours when money is short", async (desk) => {
    await desk.answers({ outputTokens: 100_000 });
    await desk.budget(SHORT);
    await (await desk.adapter()).text("Tell a long story.");
    expect(desk.simulator.requests[0]?.maxOutputTokens).toBeGreaterThanOrEqual(1_024);
    const window = await desk.window();
    expect(window).toMatchObject({ spent: desk.billed(), overrun: "0.00" });
    expect(usd(window.spent).nanoUsd).toBeLessThanOrEqual(usd(SHORT).nanoUsd);
  }),
  adapterCase("caps the output of a stream when money is short", async (desk) => {
    await desk.answers({ outputTokens: 100_000 });
    await desk.budget(SHORT);
    const stream = await desk.streaming();
    await readAll(await stream("Tell a long story."));
    await desk.lines(1);
    expect(await desk.window()).toMatchObject({ spent: desk.billed(), overrun: "0.00" });
  }),
  adapterCase("keeps the caller's own output cap, and refuses rather than lower it", async (desk) => {
    await desk.answers({ outputTokens: 100_000 });
    await desk.budget(PLENTY);
    await (await desk.adapter()).text("Hi", { maxOutputTokens: 9_000 });
    expect(desk.simulator.requests[0]?.maxOutputTokens).toBe(9_000);
    await desk.budget(SHORT, "short");
    const short = await desk.adapter({ budgets: ["short"] });
    expect(isBudgetExceeded(await failureOf(short.text("Hi", { maxOutputTokens: 9_000 })))).toBe(true);
    expect(desk.simulator.requests).toHaveLength(1);
  }),
  adapterCase("never passes the cap with 50 calls at once, and lets all through that fit", async (desk) => {
    await desk.answers({ outputTokens: 100, inputTokens: 50, latencyMs: 5 });
    await desk.budget(PLENTY);
    const { held, charged } = await oneCall(desk);
    // After nineteen charges the hold of one more fits exactly; after twenty it does not.
    const cap = decimalUsd(usd(held).nanoUsd + 19n * usd(charged).nanoUsd);
    await desk.budget(cap, "tight");
    const adapter = await desk.adapter({ budgets: ["tight"] });
    const calls = Array.from({ length: 50 }, () => adapter.text("Hi", { maxOutputTokens: 100 }));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
    expect(results.every((result) => result.status === "fulfilled" || isBudgetExceeded(result.reason))).toBe(
      true,
    );
    const window = await desk.window("tight");
    expect(window).toMatchObject({ spent: decimalUsd(20n * usd(charged).nanoUsd), reserved: "0.00" });
    expect(desk.simulator.billed().calls).toBe(21);
  }),
];

async function watchRefusals(desk: AdapterDesk): Promise<{ readonly count: number }> {
  const refused = { count: 0 };
  await desk.answers({ text: "Hello." });
  await desk.budget(TOO_LITTLE);
  desk.wflo.on("budget-exceeded", () => (refused.count += 1));
  return refused;
}

async function bodySent(desk: AdapterDesk, setup: Partial<AdapterSetup>): Promise<Record<string, unknown>> {
  await desk.answers({ text: "Hello." });
  await (await desk.adapter(setup)).text("Grüße 🙂");
  return desk.simulator.requests[0]?.body ?? {};
}

async function streamBodySent(
  desk: AdapterDesk,
  setup: Partial<AdapterSetup>,
): Promise<Record<string, unknown>> {
  await desk.answers({ text: "Hello." });
  const stream = await desk.streaming(setup);
  await readAll(await stream("Grüße 🙂"));
  return desk.simulator.requests[0]?.body ?? {};
}

/** The hold and the price of the call that is then made many times. */
async function oneCall(desk: AdapterDesk): Promise<{ held: string; charged: string }> {
  await (await desk.adapter()).text("Hi", { maxOutputTokens: 100 });
  const [line] = await desk.lines(1);
  if (!line) throw new Error("the call left no line in the ledger");
  return line;
}
