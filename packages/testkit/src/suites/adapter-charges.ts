import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { codesIn, failureOf, readAll } from "./adapter-reading.ts";

const COUNTED = { text: "You are kind.", inputTokens: 1_234, cachedTokens: 200, outputTokens: 77 };

/** What a call is charged. */
export const adapterChargesCases: readonly AdapterCase[] = [
  adapterCase("charges exactly what the provider counts, in one piece", async (desk) => {
    await desk.answers(COUNTED);
    await desk.budget("1.00");
    expect(await (await desk.adapter()).text("Say something nice.")).toBe("You are kind.");
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed(), budgetIds: ["user"] });
    expect(await desk.window()).toMatchObject({ spent: desk.billed(), reserved: "0.00" });
  }),
  adapterCase("charges exactly what the provider counts, streamed", async (desk) => {
    await desk.answers(COUNTED);
    await desk.budget("1.00");
    const stream = await desk.streaming();
    expect(await readAll(await stream("Say something nice."))).toBe("You are kind.");
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed(), budgetIds: ["user"] });
  }),
  adapterCase("charges each native retry as a call of its own, and a refused one nothing", async (desk) => {
    await desk.answers([{ status: 429, retryAfterMs: 1 }, COUNTED]);
    await desk.budget("1.00");
    await (await desk.adapter({ maxRetries: 2 })).text("Say something nice.");
    const lines = await desk.lines(2);
    expect(lines.map(({ kind, charged }) => [kind, charged])).toEqual([
      ["void", "0.00"],
      ["settle", desk.billed()],
    ]);
    expect(new Set(lines.map(({ callId }) => callId)).size).toBe(2);
  }),
  adapterCase("charges nothing for an error event before any content", async (desk) => {
    await desk.answers({ errorAfterChunks: 0, outputTokens: 10 });
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await failureOf(stream("Hi").then(readAll));
    const lines = await desk.lines(1);
    expect(lines.length).toBeGreaterThan(0);
    expect(new Set(lines.map(({ charged }) => charged))).toEqual(new Set(["0.00"]));
    expect(await desk.window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
  }),
  adapterCase("charges an answer without usage at its hold, and refuses the next", async (desk) => {
    await desk.answers({ text: "Hello.", omitUsage: true });
    await desk.budget("1.00");
    const adapter = await desk.adapter();
    await adapter.text("Hi");
    const [line] = await desk.lines(1);
    expect(line?.kind).toBe("unmeasured");
    expect(line?.charged).toBe(line?.held);
    expect(Number(line?.charged)).toBeGreaterThan(0);
    await failureOf(adapter.text("Hi"));
    expect(desk.simulator.requests).toHaveLength(1);
  }),
  adapterCase("charges a stream without usage at its hold", async (desk) => {
    await desk.answers({ text: "Hello.", omitUsage: true });
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await readAll(await stream("Hi"));
    const [line] = await desk.lines(1);
    expect(line?.kind).toBe("unmeasured");
    expect(line?.charged).toBe(line?.held);
  }),
  adapterCase("refuses a model without a price, before a byte is sent", async (desk) => {
    await desk.answers(COUNTED);
    await desk.budget("1.00");
    const adapter = await desk.adapter({ model: "no-such-model" });
    expect(codesIn(await failureOf(adapter.text("Hi")))).toContain("WFLO_UNKNOWN_PRICE");
    expect(desk.simulator.requests).toHaveLength(0);
  }),
];
