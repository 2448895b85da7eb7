import { once } from "node:events";
import { createServer } from "node:net";
import { isBudgetExceeded } from "@wflo/core";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  lines,
  metered,
  MODEL,
  newWflo,
  pause,
  plain,
  reserved,
  serve,
  settled,
  simulate,
} from "./support/desk.ts";

/** 100 x $0.10 and 20 x $0.40 a million. */
const COST = "0.000018";
const COUNTED = { text: "Hi", inputTokens: 100, outputTokens: 20 };

const kinds = (found: readonly { readonly kind: string }[]) => found.map(({ kind }) => kind);

describe("a failure", () => {
  test.each([429, 500, 503])(
    "HTTP %i is tried again by the SDK, each attempt a call, the failed ones free",
    async (status) => {
      const { url } = await simulate(
        { status, retryAfterMs: 1 },
        { status, retryAfterMs: 1 },
        { text: "Hi" },
      );
      const wflo = await newWflo();
      await metered(url, wflo, { maxRetries: 2 }).chat.completions.create(CHAT);
      expect(kinds(await lines(wflo, 3))).toEqual(["void", "void", "settle"]);
      expect(await reserved(wflo)).toBe("0.00");
    },
  );

  test.each([400, 401, 404, 429, 500, 504])("HTTP %i is the same error as without wflo", async (status) => {
    const { url } = await simulate({ status });
    const wflo = await newWflo();
    const fail = async (client: OpenAI) => {
      const error = (await settled(client.chat.completions.create(CHAT))) as InstanceType<
        typeof OpenAI.APIError
      >;
      return [error.constructor, error.message, error.status, error.code];
    };
    expect(await fail(metered(url, wflo))).toEqual(await fail(plain(url)));
    expect(kinds(await lines(wflo, 1))).toEqual([status === 504 ? "doubt" : "void"]);
  });

  test("an error whose JSON is long or slow is not waited for, and reaches the SDK whole", async () => {
    const wflo = await newWflo();
    for (const isLong of [true, false]) {
      const message = isLong ? "x".repeat(100_000) : "slow";
      const url = await serve((_, response) => {
        response.writeHead(500, { "content-type": "application/json" }).write('{"error":{"message":"');
        setTimeout(() => response.end(`${message}"},"usage":{"prompt_tokens":100}}`), isLong ? 0 : 1_500);
      });
      const error = (await settled(metered(url, wflo).chat.completions.create(CHAT))) as Error;
      expect(error.message).toBe(`500 ${message}`);
    }
    expect(kinds(await lines(wflo, 2))).toEqual(["void", "void"]);
  });

  test("a refused connection costs nothing, however often the SDK tries", async () => {
    const wflo = await newWflo();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const client = metered(`http://127.0.0.1:${port}/v1`, wflo, { maxRetries: 1 });
    expect(await settled(client.chat.completions.create(CHAT))).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(kinds(await lines(wflo, 2))).toEqual(["void", "void"]);
  });

  test("a connection that breaks without an answer is in doubt", async () => {
    const server = createServer((socket) => socket.once("data", () => socket.destroy())).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const wflo = await newWflo();
    const { port } = server.address() as { port: number };
    await settled(metered(`http://127.0.0.1:${port}/v1`, wflo).chat.completions.create(CHAT));
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "doubt", inDoubt: true }]);
    server.close();
  });

  test("an answer that breaks off in its middle is in doubt, with the SDK's own error", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"id":', () => setTimeout(() => response.destroy(), 20));
    });
    const wflo = await newWflo();
    const wrapped = (await settled(metered(url, wflo).chat.completions.create(CHAT))) as Error;
    const unwrapped = (await settled(plain(url).chat.completions.create(CHAT))) as Error;
    expect([wrapped.constructor, wrapped.message]).toEqual([unwrapped.constructor, unwrapped.message]);
    expect(kinds(await lines(wflo, 1))).toEqual(["doubt"]);
  });

  test("a page instead of an answer is handed on as the SDK does, charged at its hold, and keeps no further call away", async () => {
    const url = await serve((_, response) =>
      response.setHeader("content-type", "text/html").end("<p>Hello</p>"),
    );
    const wflo = await newWflo();
    const client = metered(url, wflo);
    for (let call = 0; call < 2; call += 1) {
      expect(await settled(client.chat.completions.create(CHAT))).toEqual(
        await settled(plain(url).chat.completions.create(CHAT)),
      );
    }
    expect(kinds(await lines(wflo, 2))).toEqual(["doubt", "doubt"]);
  });

  const error = { message: "busy", code: 502 };
  const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  test.each([
    { error },
    { error, id: "c", choices: [] },
    { error, usage: nothing },
    { error, choices: null, usage: nothing },
  ])("an error in a body under HTTP 200 costs nothing, and keeps no further call away: %j", async (body) => {
    const url = await serve((_, response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    const wflo = await newWflo();
    const { completions } = metered(url, wflo).chat;
    for (let call = 0; call < 2; call += 1) await settled(completions.create(CHAT));
    expect(kinds(await lines(wflo, 2))).toEqual(["void", "void"]);
  });

  test("an error beside something that was made is charged", async () => {
    const bodies = [
      { error, choices: [{ index: 0, message: { role: "assistant", content: "H" } }] },
      { error, usage: { ...nothing, prompt_tokens: 10 } },
      { error, usage: "unreadable" },
    ];
    let next = 0;
    const url = await serve((_, response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify(bodies[next++]));
    });
    const wflo = await newWflo({ onMissingUsage: "allow" });
    const { completions } = metered(url, wflo).chat;
    for (const _ of bodies) await settled(completions.create(CHAT));
    expect(kinds(await lines(wflo, 3))).toEqual(["unmeasured", "settle", "unmeasured"]);
  });

  test("follows a redirect once and charges once", async () => {
    const simulator = await simulate({ text: "Hi" });
    const url = await serve((request, response) => {
      response.writeHead(307, { location: simulator.url.replace("/v1", "") + (request.url ?? "") }).end();
    });
    const wflo = await newWflo();
    await metered(url, wflo).chat.completions.create(CHAT);
    expect(kinds(await lines(wflo, 1))).toEqual(["settle"]);
  });
});

describe("the SDK's time-out", () => {
  test("is the SDK's own error; the call is in doubt at once, and an answer that comes later is charged exactly", async () => {
    const { url } = await simulate({ ...COUNTED, latencyMs: 200 });
    const wflo = await newWflo();
    const error = await settled(metered(url, wflo, { timeout: 50 }).chat.completions.create(CHAT));
    expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    expect(kinds(await lines(wflo, 1))).toEqual(["doubt"]);
    expect(await reserved(wflo)).toBe("0.00");
    expect(kinds(await lines(wflo, 2))).toEqual(["doubt", "late"]);
    expect((await wflo.budgets.get("user"))?.windows[0]?.spent).toBe(COST);
  });

  test("and a retry are two calls", async () => {
    const { url } = await simulate({ ...COUNTED, latencyMs: 300 }, COUNTED);
    const wflo = await newWflo();
    await metered(url, wflo, { timeout: 100, maxRetries: 1 }).chat.completions.create(CHAT);
    expect(kinds(await lines(wflo, 3)).toSorted()).toEqual(["doubt", "late", "settle"]);
    await wflo.flush();
    expect((await wflo.budgets.get("user"))?.windows[0]?.spent).toBe("0.000036");
  });

  test("lets its retry have the money that is left, without waiting for the first attempt to be read to its end", async () => {
    let requests = 0;
    const url = await serve(() => void (requests += 1));
    const wflo = await newWflo({ drainMs: 10_000, waitMs: 10_000 }, "0.01");
    const client = metered(url, wflo, { timeout: 100, maxRetries: 1 });
    const startedAt = performance.now();
    const error = await settled(client.chat.completions.create({ ...CHAT, max_tokens: 20_000 }));
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    // What the first may have cost is in doubt, and what is left does not pay for another.
    expect([isBudgetExceeded(error), requests]).toEqual([true, 1]);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("of a stream that has begun is no time-out of the call: who leaves then is its reader", async () => {
    const { url } = await simulate({ ...COUNTED, tokensPerSecond: 100 });
    const wflo = await newWflo();
    const stream = await metered(url, wflo).chat.completions.create({ ...CHAT, stream: true });
    stream.controller.abort();
    const ledger = await lines(wflo, 1);
    expect(ledger.map(({ kind, charged }) => [kind, charged])).toEqual([["settle", COST]]);
  });

  test("charges the hold when no answer ever comes", async () => {
    const { url } = await simulate({ neverAnswer: true });
    const wflo = await newWflo({ drainMs: 100 });
    await settled(metered(url, wflo, { timeout: 50 }).chat.completions.create(CHAT));
    const [line] = await lines(wflo, 1);
    expect(line?.charged).toBe(line?.held);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("does not run while a call waits for money", async () => {
    const simulator = await simulate(
      { outputTokens: 100, inputTokens: 50, latencyMs: 300 },
      { outputTokens: 10 },
    );
    const wflo = await newWflo({}, "0.00015");
    const client = metered(simulator.url, wflo);
    const options = { ...CHAT, max_completion_tokens: 100 };
    const first = client.chat.completions.create(options, { timeout: 5_000 });
    await pause(50);
    await client.chat.completions.create(options, { timeout: 100 });
    await first;
    expect(simulator.requests).toHaveLength(2);
  });
});

describe("an abort", () => {
  test("before, while waiting for money, and during is the same error as without wflo", async () => {
    const { url } = await simulate({ outputTokens: 100, latencyMs: 200 });
    const wflo = await newWflo({}, "0.00015");
    const client = metered(url, wflo);
    const options = { ...CHAT, max_completion_tokens: 100 };
    const unmetered = await settled(
      plain(url).chat.completions.create(options, { signal: AbortSignal.abort() }),
    );
    expect(unmetered).toBeInstanceOf(OpenAI.APIUserAbortError);
    const before = await settled(client.chat.completions.create(options, { signal: AbortSignal.abort() }));
    const running = settled(client.chat.completions.create(options, { signal: AbortSignal.timeout(100) }));
    await pause(20);
    const waiting = await settled(
      client.chat.completions.create(options, { signal: AbortSignal.timeout(30) }),
    );
    const during = await running;
    for (const error of [before, waiting, during])
      expect((error as Error).constructor).toBe(OpenAI.APIUserAbortError);
    await lines(wflo, 1);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("signal that lives on keeps no listener of a call that is over", async () => {
    const simulator = await simulate({ text: "Hi" });
    const { chat } = metered(simulator.url, await newWflo());
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const counts: number[] = [];
    for (let call = 0; call < 3; call += 1) {
      await chat.completions.create({ ...CHAT }, { signal });
      await pause(20);
      counts.push(listeners);
    }
    expect(counts).toEqual([0, 0, 0]);
  });
});

test("a call that was prepared and then given up by the SDK is closed at once for nothing", async () => {
  const simulator = await simulate({ text: "Hi" });
  const wflo = await newWflo();
  const aborting = new AbortController();
  class Late extends OpenAI {
    protected override async prepareRequest(): Promise<void> {
      aborting.abort();
    }
  }
  const { wfloOpenAI } = await import("@wflo/openai");
  const client = wfloOpenAI(new Late({ baseURL: simulator.url, apiKey: "k" }), { wflo, budgets: ["user"] });
  const error = await settled(client.chat.completions.create(CHAT, { signal: aborting.signal }));
  expect((error as Error).constructor).toBe(OpenAI.APIUserAbortError);
  expect(kinds(await lines(wflo, 1))).toEqual(["void"]);
  expect(simulator.requests).toHaveLength(0);
});

test("a missing model is refused with an error, not sent", async () => {
  const simulator = await simulate({ text: "Hi" });
  const client = metered(simulator.url, await newWflo());
  expect(await settled(client.post("/chat/completions", { body: { messages: [] } }))).toBeInstanceOf(Error);
  expect(await settled(client.post("/chat/completions", { body: [1] }))).toBeInstanceOf(Error);
  expect(isBudgetExceeded(await settled(client.post("/chat/completions", { body: { model: MODEL } })))).toBe(
    false,
  );
});
