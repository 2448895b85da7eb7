import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { readAll } from "./adapter-reading.ts";

const ANSWER = { inputTokens: 1_000, outputTokens: 40 };

/** Answers as some providers and proxies give them. */
export const adapterOdditiesCases: readonly AdapterCase[] = [
  ...(["smaller first", "larger first"] as const).map((usageTwice) =>
    adapterCase(`charges the larger of two usages in one stream, the ${usageTwice}`, async (desk) => {
      await desk.answers({ ...ANSWER, usageTwice });
      await desk.budget("1.00");
      const stream = await desk.streaming();
      await readAll(await stream("Hi"));
      expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged: desk.billed() });
    }),
  ),
  adapterCase("charges the prices of the model that a proxy put in its place", async (desk) => {
    await desk.answers({ ...ANSWER, model: "gpt-4.1-mini" });
    await desk.budget("1.00");
    await (await desk.adapter()).text("Hi");
    const charged = desk.billedInAll("gpt-4.1-mini");
    expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged });
  }),
  adapterCase("charges the prices of the model that a proxy put in its place, streamed", async (desk) => {
    await desk.answers({ ...ANSWER, model: "gpt-4.1-mini" });
    await desk.budget("1.00");
    const stream = await desk.streaming();
    await readAll(await stream("Hi"));
    const charged = desk.billedInAll("gpt-4.1-mini");
    expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged });
  }),
  adapterCase(
    "charges the prices of the model asked for when the answer names one that nobody knows",
    async (desk) => {
      await desk.answers({ ...ANSWER, model: "a-name-of-the-proxy" });
      await desk.budget("1.00");
      await (await desk.adapter()).text("Hi");
      expect((await desk.lines(1))[0]).toMatchObject({ kind: "settle", charged: desk.billed() });
    },
  ),
  adapterCase("charges an answer that nobody can read at its hold", async (desk) => {
    await desk.answers({ ...ANSWER, garbled: '{"choices": [' });
    await desk.budget("1.00");
    await (await desk.adapter()).text("Hi").catch(() => {});
    const [line] = await desk.lines(1);
    expect(line?.charged).toBe(line?.held);
    expect(Number(line?.held)).toBeGreaterThan(Number(desk.billed()));
    expect((await desk.window()).reserved).toBe("0.00");
  }),
];
