import { memoryDatabase, type Wflo } from "@wflo/core";
import { UnpricedEndpointError } from "@wflo/openai";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import {
  collect,
  lines,
  metered,
  MODEL,
  newWflo,
  pause,
  plain,
  reserved,
  RESPONSE,
  serve,
  settled,
  simulate,
} from "./support/desk.ts";

const BEHIND = { ...RESPONSE, background: true, max_output_tokens: 1_000 } as const;
/** 100 x $0.10 and 20 x $0.40 a million. */
const COST = "0.000018";
const REPLY = { text: "Done.", inputTokens: 100, outputTokens: 20 };

const spent = async (wflo: Wflo) => (await wflo.budgets.get("user"))?.windows[0]?.spent;

/** Asks until it is over. */
async function untilOver<State extends { readonly status?: string | undefined }>(
  ask: () => Promise<State>,
): Promise<State> {
  for (;;) {
    const state = await ask();
    if (!["queued", "in_progress", "validating", "finalizing", "cancelling"].includes(state.status ?? ""))
      return state;
    await pause(10);
  }
}

/** A ledger that counts how often what is in doubt is looked for. */
function countingLookups() {
  const database = memoryDatabase();
  const count = { lookups: 0 };
  const { ledger } = database;
  const listEntries = ledger.listEntries.bind(ledger);
  ledger.listEntries = async (...args) => {
    if (args[1].inDoubt === true) count.lookups += 1;
    return listEntries(...args);
  };
  return { database, count };
}

describe("a response that is made in the background", () => {
  test("is held and in doubt until it is asked for, then charged by its usage, once", async () => {
    const { url } = await simulate({ ...REPLY, latencyMs: 50 });
    const wflo = await newWflo();
    const { responses } = metered(url, wflo);
    const { id, status } = await responses.create(BEHIND);
    expect(status).toBe("queued");
    const [line] = await lines(wflo, 1);
    expect(line).toMatchObject({ kind: "doubt", inDoubt: true, charged: line?.held });
    expect(line?.receipt).toMatchObject({ remoteId: id, reason: "its usage comes later" });
    expect((await untilOver(() => responses.retrieve(id))).output_text).toBe("Done.");
    expect([await spent(wflo), await wflo.calls.list({ inDoubt: true })]).toEqual([COST, []]);
    await responses.retrieve(id);
    expect([await spent(wflo), await reserved(wflo)]).toEqual([COST, "0.00"]);
  });

  test("is settled by whichever process asks, and asked for in the ledger no more then", async () => {
    const { url } = await simulate(REPLY);
    const { database, count } = countingLookups();
    const [here, there] = [await newWflo({ database }), await newWflo({ database })];
    const { id } = await metered(url, here).responses.create(BEHIND);
    await here.flush();
    const { responses } = metered(url, there);
    await untilOver(() => responses.retrieve(id));
    expect(await spent(here)).toBe(COST);
    const { lookups } = count;
    for (let times = 0; times < 5; times += 1) await responses.retrieve(id);
    expect(count.lookups).toBe(lookups);
  });

  test("that no call in doubt here knows of is not looked for at each question", async () => {
    const { url } = await simulate(REPLY);
    const { database, count } = countingLookups();
    const there = await newWflo();
    const { id } = await metered(url, there).responses.create(BEHIND);
    const { responses } = metered(url, await newWflo({ database }));
    await untilOver(() => responses.retrieve(id));
    expect(count.lookups).toBe(1);
    for (let times = 0; times < 5; times += 1) await responses.retrieve(id);
    expect(count.lookups).toBe(1);
  });

  test("is settled when it is asked for as a stream", async () => {
    const done = { id: "resp_1", status: "completed", model: MODEL, background: true, output: [] };
    const usage = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };
    const events = [
      { type: "response.created", sequence_number: 0, response: { ...done, status: "queued" } },
      { type: "response.completed", sequence_number: 1, response: { ...done, usage } },
    ];
    const url = await serve((request, response) => {
      request.resume();
      if (request.method === "POST") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ ...done, status: "queued" }));
      } else {
        response.setHeader("content-type", "text/event-stream");
        response.end(
          events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
        );
      }
    });
    const wflo = await newWflo();
    const { responses } = metered(url, wflo);
    await responses.create(BEHIND);
    expect(await collect(await responses.retrieve("resp_1", { stream: true }))).toEqual(events);
    expect(await spent(wflo)).toBe(COST);
  });

  test("that is cancelled without usage stays in doubt; one that failed and said nothing costs nothing", async () => {
    for (const [end, inDoubt] of [
      [{ status: "cancelled", output: [] }, 1],
      [{ status: "failed", error: { code: "server_error" }, output: [] }, 0],
      [{ status: "failed", error: { code: "server_error" }, output: [{ type: "message" }] }, 1],
    ] as const) {
      const url = await serve((request, response) => {
        const state = request.url?.endsWith("/cancel") ? end : { status: "queued", output: [] };
        request.resume();
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ id: "resp_1", background: true, ...state }));
      });
      const wflo = await newWflo();
      const { responses } = metered(url, wflo);
      await responses.create(BEHIND);
      await responses.cancel("resp_1");
      const [line] = await lines(wflo, 1);
      expect(await wflo.calls.list({ inDoubt: true })).toHaveLength(inDoubt);
      expect(await spent(wflo)).toBe(inDoubt === 0 ? "0.00" : line?.held);
    }
  });

  test("is streamed too, exact at its end; where it breaks off it is in doubt, and settled later", async () => {
    const { url } = await simulate(REPLY, { ...REPLY, cutAfterChunks: 1 });
    const wflo = await newWflo();
    const { responses } = metered(url, wflo);
    const request = { ...BEHIND, stream: true as const };
    const events = await collect(await responses.create(request));
    expect(events.at(-1)?.type).toBe("response.completed");
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
    await settled(responses.create(request).then(collect));
    const line = (await lines(wflo, 2)).find(({ inDoubt }) => inDoubt);
    expect(line).toMatchObject({ kind: "doubt", charged: line?.held });
    const remoteId = String(line?.receipt["remoteId"]);
    expect(remoteId).toMatch(/^resp_/);
    const bill = { kind: "answered", usage: { inputTokens: 100, outputTokens: 20 } } as const;
    expect(await wflo.settleRemote({ provider: "openai", remoteId }, bill)).toBe(true);
  });

  test("is looked at without wflo's help when nobody accounts for it, or the ledger is away", async () => {
    const { url } = await simulate(REPLY);
    const wflo = await newWflo();
    const { id } = await metered(url, wflo).responses.create(BEHIND);
    await wflo.flush();
    await wflo.close();
    const state = await untilOver(() => metered(url, wflo).responses.retrieve(id));
    expect(state).toEqual({ ...(await plain(url).responses.retrieve(id)), output: state.output });
  });
});

describe("a response that was made at once", () => {
  test("is not looked for in the ledger when it is read again", async () => {
    const { database, count } = countingLookups();
    const wflo = await newWflo({ database });
    const url = await serve((_, response) => {
      const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
      const state = { id: "resp_1", status: "completed", background: false, usage };
      response.setHeader("content-type", "application/json").end(JSON.stringify(state));
    });
    await metered(url, wflo).responses.retrieve("resp_1");
    expect(count.lookups).toBe(0);
  });

  test("bounds the one that follows it, which is else bounded by what the model can read", async () => {
    const { url } = await simulate({ text: "Hello.", inputTokens: 100, outputTokens: 20 });
    const wflo = await newWflo({}, "100.00");
    const bounds: number[] = [];
    wflo.on("call-start", ({ bound }) => void bounds.push(Number(bound)));
    const { responses } = metered(url, wflo);
    const { id } = await responses.create({ ...RESPONSE, max_output_tokens: 16 });
    await responses.create({ ...RESPONSE, previous_response_id: id, max_output_tokens: 16 });
    await responses.create({ ...RESPONSE, previous_response_id: "resp_other", max_output_tokens: 16 });
    expect(bounds[1]).toBeLessThan(0.001);
    expect(bounds[2]).toBeGreaterThan(0.1);
  });
});

describe("a batch", () => {
  const line = (index: number) =>
    JSON.stringify({
      custom_id: `${index}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: MODEL, messages: [{ role: "user", content: "Hi" }] },
    });
  const begin = async (client: OpenAI) => {
    const file = new File([[line(0), line(1)].join("\n")], "batch.jsonl");
    const { id } = await client.files.create({ file, purpose: "batch" });
    const endpoint = "/v1/chat/completions" as const;
    return client.batches.create({ input_file_id: id, endpoint, completion_window: "24h" });
  };

  test("is refused without hold, in a sentence that says why", async () => {
    const { url } = await simulate(REPLY);
    const error = (await settled(begin(metered(url, await newWflo())))) as Error;
    expect(error).toBeInstanceOf(UnpricedEndpointError);
    expect(error.message).toMatch(/depends on a file .* told when the batch is done.* Pass hold/);
  });

  test("is charged at hold, in doubt, until it is done, then by its usage at half the price", async () => {
    const { url } = await simulate({ ...REPLY, latencyMs: 20 });
    const wflo = await newWflo();
    const client = metered(url, wflo, {}, { hold: "0.25" });
    const { id } = await begin(client);
    expect(await lines(wflo, 1)).toMatchObject([
      { kind: "doubt", inDoubt: true, charged: "0.25", receipt: { remoteId: id } },
    ]);
    const batch = await untilOver(() => client.batches.retrieve(id));
    expect(batch).toMatchObject({ status: "completed", usage: { input_tokens: 200, output_tokens: 40 } });
    // 200 x $0.05 and 40 x $0.20 a million.
    expect([await spent(wflo), await wflo.calls.list({ inDoubt: true })]).toEqual([COST, []]);
    expect((await collect(client.batches.list())).map((item) => item.id)).toEqual([id]);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test.each([
    [{ status: "completed", request_counts: { completed: 2, failed: 0, total: 2 } }, "0.25"],
    [
      {
        status: "completed",
        model: MODEL,
        request_counts: { completed: 2 },
        usage: { input_tokens: 0, output_tokens: 0 },
      },
      "0.25",
    ],
    [{ status: "in_progress", model: MODEL, usage: { input_tokens: 100, output_tokens: 20 } }, "0.25"],
    [{ status: "failed", errors: { data: [] } }, "0.00"],
    [
      {
        status: "cancelled",
        model: "gpt-4.1-nano-2025-04-14",
        usage: { input_tokens: 200, output_tokens: 40 },
      },
      COST,
    ],
  ])("told as %j is charged %s", async (state, charged) => {
    const url = await serve((request, response) => {
      request.resume();
      const told = request.method === "POST" ? { status: "validating" } : state;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id: "batch_1", object: "batch", ...told }));
    });
    const wflo = await newWflo();
    const client = metered(url, wflo, {}, { hold: "0.25" });
    const endpoint = "/v1/chat/completions" as const;
    await client.batches.create({ input_file_id: "f", endpoint, completion_window: "24h" });
    await lines(wflo, 1);
    await client.batches.retrieve("batch_1");
    expect(await spent(wflo)).toBe(charged);
  });

  test("of many short requests is not charged as one long one", async () => {
    const model = "gpt-5.5-2026-04-23";
    const counts = { completed: 1_000, failed: 0, total: 1_000 };
    const usage = { input_tokens: 1_000_000, output_tokens: 100_000, total_tokens: 1_100_000 };
    const url = await serve((request, response) => {
      request.resume();
      const done = { status: "completed", model, request_counts: counts, usage };
      const told = request.method === "POST" ? { status: "validating" } : done;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id: "batch_1", object: "batch", ...told }));
    });
    const wflo = await newWflo({}, "20.00");
    const client = metered(url, wflo, {}, { hold: "9.00" });
    const endpoint = "/v1/chat/completions" as const;
    await client.batches.create({ input_file_id: "f", endpoint, completion_window: "24h" });
    await lines(wflo, 1);
    await client.batches.retrieve("batch_1");
    // 1,000,000 x $2.50 and 100,000 x $15 a million; one of 1,000,000 tokens would cost twice that.
    expect([await spent(wflo), await wflo.calls.list({ inDoubt: true })]).toEqual(["4.00", []]);
  });

  test("is settled when it is seen in a list, as others of the page are, a bounded number each time", async () => {
    const usage = { input_tokens: 200, output_tokens: 40 };
    const done = { object: "batch", status: "completed", model: MODEL, usage };
    let made = 0;
    const url = await serve((request, response) => {
      request.resume();
      const data = Array.from({ length: 30 }, (_, index) => ({ ...done, id: `batch_${index + 1}` }));
      const told =
        request.method === "POST"
          ? { id: `batch_${(made += 1)}`, object: "batch", status: "validating" }
          : { object: "list", data, has_more: false };
      response.setHeader("content-type", "application/json").end(JSON.stringify(told));
    });
    const { database, count } = countingLookups();
    const wflo = await newWflo({ database });
    const client = metered(url, wflo, {}, { hold: "0.25" });
    for (let times = 0; times < 2; times += 1) await begin(client);
    await lines(wflo, 2);
    expect((await collect(client.batches.list())).map(({ id }) => id)).toHaveLength(30);
    expect([await spent(wflo), await wflo.calls.list({ inDoubt: true })]).toEqual(["0.000036", []]);
    const first = count.lookups;
    expect(first).toBeLessThanOrEqual(21);
    for (let times = 0; times < 3; times += 1) await collect(client.batches.list());
    expect(count.lookups).toBeLessThanOrEqual(31);
  });
});
