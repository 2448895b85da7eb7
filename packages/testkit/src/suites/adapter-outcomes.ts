import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

/** A provider that takes requests and says nothing. */
const SILENT = { neverAnswer: true, outputTokens: 40 };
/** Statuses of answers that no provider bills. */
const REFUSALS = [400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 529];
/** Statuses by which something in between says that it waited in vain: the provider may have gone on. */
const TIME_OUTS = [408, 504, 524];
/** So long a request is waited for that its caller has given up. */
const SHORT_DRAIN = { drainMs: 50 };

/** Requests that fail, by what they may have cost. */
export const adapterOutcomesCases: readonly AdapterCase[] = [
  adapterCase("charges nothing where nobody takes the connection", async (desk) => {
    await desk.answers({});
    await desk.budget("1.00");
    const adapter = await desk.adapter();
    await desk.simulator.close();
    await failureOf(adapter.text("Hi"));
    if (adapter.stream) await failureOf(adapter.stream("Hi").then(readAll));
    await expectFree(desk, adapter.stream ? 2 : 1);
  }),
  adapterCase(
    "charges nothing for an answer by which a provider refuses, whatever its status",
    async (desk) => {
      expect(await fatesOf(desk, REFUSALS)).toEqual(REFUSALS.map((status) => `${status}: void, no charge`));
      expect(await desk.window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
    },
  ),
  adapterCase("takes a gateway's time-out for a call in doubt, and charges its hold", async (desk) => {
    expect(await fatesOf(desk, TIME_OUTS)).toEqual(
      TIME_OUTS.map((status) => `${status}: doubt, at its hold`),
    );
    expect(await desk.window()).toMatchObject({ reserved: "0.00" });
  }),
  adapterCase("takes a connection that broke before the answer for a call in doubt", async (desk) => {
    await desk.answers({ outputTokens: 40, cutAfterChunks: 0 });
    await desk.budget("1.00");
    await failureOf((await desk.adapter()).text("Hi"));
    await expectDoubt(desk);
  }),
  adapterCase(
    "lists a request that was swallowed as in doubt, holds nothing for it any more, and has it resolved by hand",
    async (desk) => {
      await desk.answers(SILENT);
      await desk.budget("1.00");
      const adapter = await desk.adapter({ maxRetries: 2 });
      await failureOf(adapter.text("Hi", { signal: desk.abortOnceSent() }));
      await expectDoubt(desk);
    },
    SHORT_DRAIN,
  ),
  adapterCase(
    "lists a stream that was swallowed as in doubt, and has it resolved by hand",
    async (desk) => {
      await desk.answers(SILENT);
      await desk.budget("1.00");
      const stream = await desk.streaming({ maxRetries: 2 });
      await failureOf(stream("Hi", { signal: desk.abortOnceSent() }).then(readAll));
      await expectDoubt(desk);
    },
    SHORT_DRAIN,
  ),
];

/** What is charged for answers of these statuses, in one piece and streamed; where both agree, once. */
async function fatesOf(desk: AdapterDesk, statuses: readonly number[]): Promise<readonly string[]> {
  await desk.answers(({ index }) => ({ status: statuses[index % statuses.length] ?? 0 }));
  await desk.budget("1.00");
  const adapter = await desk.adapter();
  // Whether they reject is another matter: here it is the money that counts.
  for (const _ of statuses) await adapter.text("Hi").catch(() => {});
  for (const _ of statuses)
    await adapter
      .stream?.("Hi")
      .then(readAll)
      .catch(() => {});
  const lines = await desk.lines(desk.simulator.requests.length);
  const fates = lines.map(({ kind, charged, held }, call) => {
    const cost = charged === "0.00" ? "no charge" : charged === held ? "at its hold" : charged;
    return `${statuses[call % statuses.length]}: ${kind}, ${cost}`;
  });
  return [...new Set(fates)];
}

async function expectFree(desk: AdapterDesk, calls: number): Promise<void> {
  const lines = await desk.lines(calls);
  expect(lines.map(({ kind, charged }) => [kind, charged])).toEqual(
    Array.from({ length: calls }, () => ["void", "0.00"]),
  );
  expect(await desk.window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
}

/** One call in doubt, charged at its hold, until somebody knows better. */
async function expectDoubt(desk: AdapterDesk): Promise<void> {
  const lines = await desk.lines(1);
  expect(lines).toHaveLength(1);
  const [line] = lines;
  expect(line).toMatchObject({ kind: "doubt", inDoubt: true, charged: line?.held });
  expect(Number(line?.held)).toBeGreaterThan(0);
  expect(await desk.window()).toMatchObject({ spent: line?.held, reserved: "0.00" });
  const { calls } = desk.wflo;
  expect((await calls.list({ inDoubt: true })).map(({ callId }) => callId)).toEqual([line?.callId]);
  expect(await calls.resolve(line?.callId ?? "", { cost: "0.001" })).toBe(true);
  expect(await calls.list({ inDoubt: true })).toEqual([]);
  expect(await desk.window()).toMatchObject({ spent: "0.001", reserved: "0.00" });
}
