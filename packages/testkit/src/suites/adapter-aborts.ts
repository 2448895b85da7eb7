import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { failureOf, readAll } from "./adapter-reading.ts";

const ANSWER = { outputTokens: 40 };

/** Callers who abort before there is anything, and after it is all over. */
export const adapterAbortsCases: readonly AdapterCase[] = [
  adapterCase("opens no stream when it was aborted before", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const stream = await desk.streaming({ maxRetries: 2 });
    await failureOf(stream("Hi", { signal: AbortSignal.abort() }).then(readAll));
    expect(desk.simulator.requests).toHaveLength(0);
    expect(await desk.window()).toMatchObject({ spent: "0.00", reserved: "0.00" });
  }),
  adapterCase("lets the caller of a stream go that has not begun, and charges it exactly", async (desk) => {
    await desk.answers({ ...ANSWER, latencyMs: 400 });
    await desk.budget("1.00");
    const stream = await desk.streaming({ maxRetries: 2 });
    const startedMs = performance.now();
    await failureOf(stream("Hi", { signal: AbortSignal.timeout(50) }).then(readAll));
    expect(performance.now() - startedMs).toBeLessThan(350);
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
    expect(desk.simulator.billed().outputTokens).toBe(40);
    expect(desk.simulator.requests).toHaveLength(1);
  }),
  adapterCase("takes no notice of an abort after the end", async (desk) => {
    await desk.answers(ANSWER);
    await desk.budget("1.00");
    const adapter = await desk.adapter();
    const aborting = new AbortController();
    await adapter.text("Hi", { signal: aborting.signal });
    if (adapter.stream) await readAll(await adapter.stream("Hi", { signal: aborting.signal }));
    const calls = adapter.stream ? 2 : 1;
    await desk.lines(calls);
    aborting.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lines = await desk.lines(calls);
    expect(lines.map(({ kind }) => kind)).toEqual(Array.from({ length: calls }, () => "settle"));
    expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
    expect(desk.simulator.requests).toHaveLength(calls);
  }),
];
