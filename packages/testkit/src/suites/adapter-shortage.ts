import { budgetExceededIn, isBudgetExceeded, usd, type CallStart } from "@wflo/core";
import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

/** A small answer fits, the longest possible does not. */
const SHORT = "0.002";
/** Not even the smallest answer fits. */
const TOO_LITTLE = "0.0001";
const ENDLESS = { outputTokens: 100_000 };

/** What callers see when money is short. */
export const adapterShortageCases: readonly AdapterCase[] = [
  adapterCase("shows the output cap that it wrote on the event and on the receipt", async (desk) => {
    const starts = await shortOfMoney(desk);
    await (await desk.adapter()).text("Tell a long story.");
    await expectShown(desk, starts);
  }),
  adapterCase(
    "shows the output cap that it wrote for a stream on the event and on the receipt",
    async (desk) => {
      const starts = await shortOfMoney(desk);
      const stream = await desk.streaming();
      await readAll(await stream("Tell a long story."));
      await expectShown(desk, starts);
    },
  ),
  adapterCase("lowers the caller's own output cap when it may", async (desk) => {
    const starts = await shortOfMoney(desk);
    const adapter = await desk.adapter({ clamp: true });
    await adapter.text("Tell a long story.", { maxOutputTokens: 9_000 });
    expect(desk.simulator.requests[0]?.maxOutputTokens).toBeLessThan(9_000);
    await expectShown(desk, starts);
  }),
  adapterCase(
    "leaves the caller's own output cap as it is when it may lower it and need not",
    async (desk) => {
      await desk.answers(ENDLESS);
      await desk.budget("100.00");
      const adapter = await desk.adapter({ clamp: true });
      await adapter.text("Tell a long story.", { maxOutputTokens: 9_000 });
      expect(desk.simulator.requests[0]?.maxOutputTokens).toBe(9_000);
      expect(await desk.window()).toMatchObject({ spent: desk.billed() });
    },
  ),
  adapterCase("refuses every call under a budget without money, until it has some", async (desk) => {
    await desk.answers({ text: "Hello." });
    await desk.budget(TOO_LITTLE);
    const adapter = await desk.adapter();
    for (let call = 0; call < 3; call += 1)
      expect(isBudgetExceeded(await failureOf(adapter.text("Hi")))).toBe(true);
    expect(desk.simulator.requests).toHaveLength(0);
    await desk.budget("1.00");
    expect(await adapter.text("Hi")).toBe("Hello.");
    expect(await desk.window()).toMatchObject({ spent: desk.billed(), reserved: "0.00" });
  }),
  adapterCase("refuses the agent whose money is gone, while the run around it goes on", async (desk) => {
    await desk.answers({ text: "Hello." });
    const adapter = await desk.adapter({ budgets: [] });
    await desk.wflo.run({ name: "research", budget: "1.00" }, async (run) => {
      const poor = run.agent({ name: "poor", budget: TOO_LITTLE }, () => adapter.text("Hi"));
      expect(isBudgetExceeded(await failureOf(poor))).toBe(true);
      expect(await adapter.text("Hi")).toBe("Hello.");
    });
    expect(desk.simulator.requests).toHaveLength(1);
  }),
  adapterCase("refuses a request that alone is more than the cap, and says what to do", async (desk) => {
    await desk.answers({ text: "Hello." });
    await desk.budget("0.05");
    const adapter = await desk.adapter();
    const refusal = budgetExceededIn(await failureOf(adapter.text("long ".repeat(200_000))));
    expect(refusal?.message).toMatch(
      /^Budget user has \$0\.05\d* left of \$0\.05\d*; this call may cost up to \$0\.1/,
    );
    expect(refusal?.message).toContain("Raise the cap");
    expect(desk.simulator.requests).toHaveLength(0);
  }),
];

async function shortOfMoney(desk: AdapterDesk): Promise<readonly CallStart[]> {
  const starts: CallStart[] = [];
  await desk.answers(ENDLESS);
  await desk.budget(SHORT);
  desk.wflo.on("call-start", (event) => starts.push(event));
  return starts;
}

/** What was written, what the provider got and what is told are one number. */
async function expectShown(desk: AdapterDesk, starts: readonly CallStart[]): Promise<void> {
  const sent = desk.simulator.requests[0]?.maxOutputTokens;
  expect(sent).toBeGreaterThanOrEqual(1_024);
  expect(starts.map(({ appliedMaxOutputTokens }) => appliedMaxOutputTokens)).toEqual([sent]);
  const [line] = await desk.lines(1);
  expect(line?.receipt["appliedMaxOutputTokens"]).toBe(sent);
  const window = await desk.window();
  expect(window).toMatchObject({ spent: desk.billed(), overrun: "0.00", reserved: "0.00" });
  expect(usd(window.spent).nanoUsd).toBeLessThanOrEqual(usd(SHORT).nanoUsd);
}
