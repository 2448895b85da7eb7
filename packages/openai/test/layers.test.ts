import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { CHAT, collect, lines, metered, newWflo, reserved, simulate } from "./support/desk.ts";

const read = async (client: OpenAI) =>
  collect(await client.chat.completions.create({ ...CHAT, stream: true }));

describe("two wrappers around one another", () => {
  test("charge many streams, each once, and let every one pass", async () => {
    const { url } = await simulate({ text: "Hello there." });
    const wflo = await newWflo();
    const client = wfloOpenAI(metered(url, wflo), { wflo, budgets: ["user"] });
    for (let call = 1; call <= 3; call += 1) {
      const chunks = await read(client);
      expect(chunks.every((chunk) => chunk.choices.length === 1 && !("usage" in chunk))).toBe(true);
      expect((await lines(wflo, call)).map(({ kind }) => kind)).toEqual(
        Array.from({ length: call }, () => "settle"),
      );
    }
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("charge the budgets of both", async () => {
    const { url } = await simulate({ text: "Hello there." });
    const wflo = await newWflo();
    await wflo.budgets.set({ id: "team", caps: { total: "1.00" } });
    await wfloOpenAI(metered(url, wflo), { wflo, budgets: ["team"] }).chat.completions.create(CHAT);
    const [line] = await lines(wflo, 1);
    expect([...(line?.budgetIds ?? [])].toSorted()).toEqual(["team", "user"]);
  });

  test.each([true, false])(
    "send the smaller output cap of the two, when only the outer is short; stream: %s",
    async (stream) => {
      const simulator = await simulate({ outputTokens: 30_000 });
      const wflo = await newWflo({}, "100.00");
      await wflo.budgets.set({ id: "team", caps: { total: "0.002" } });
      const client = wfloOpenAI(metered(simulator.url, wflo), { wflo, budgets: ["team"] });
      if (stream) await read(client);
      else await client.chat.completions.create(CHAT);
      await lines(wflo, 1);
      expect(simulator.requests[0]?.maxOutputTokens).toBeLessThan(5_000);
      expect((await wflo.budgets.get("team"))?.windows[0]).toMatchObject({
        overrun: "0.00",
        reserved: "0.00",
      });
    },
  );

  test("of two wflos charge each its own, and tell both the usage", async () => {
    const { url } = await simulate({ text: "Hello there." });
    const [one, two] = [await newWflo(), await newWflo()];
    const client = wfloOpenAI(metered(url, one), { wflo: two, budgets: ["user"] });
    for (let call = 1; call <= 2; call += 1) await read(client);
    for (const wflo of [one, two]) {
      expect((await lines(wflo, 2)).map(({ kind }) => kind)).toEqual(["settle", "settle"]);
      expect(await reserved(wflo)).toBe("0.00");
    }
  });

  test("of two wflos, both short, send the smaller output cap", async () => {
    const simulator = await simulate({ outputTokens: 30_000 });
    const [one, two] = [await newWflo({}, "0.004"), await newWflo({}, "0.002")];
    await wfloOpenAI(metered(simulator.url, one), { wflo: two, budgets: ["user"] }).chat.completions.create(
      CHAT,
    );
    await lines(two, 1);
    expect(simulator.requests[0]?.maxOutputTokens).toBeLessThan(5_000);
    expect((await two.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
  });
});
