import { createWflo, isBudgetExceeded, NoClientError } from "@wflo/core";
import { UnpricedEndpointError, wfloOpenAI } from "@wflo/openai";
import OpenAI, { AzureOpenAI, type ClientOptions } from "openai";
import { describe, expect, test, vi } from "vitest";
import {
  CHAT,
  collect,
  lines,
  metered,
  MODEL,
  newWflo,
  plain,
  RESPONSE,
  serve,
  settled,
  simulate,
} from "./support/desk.ts";

describe("the wrapped client", () => {
  test("is an instance of the same class, with its name, and the client given stays unmetered", async () => {
    const { url } = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const client = plain(url);
    const wrapped = wfloOpenAI(client, { wflo });
    expect(wrapped).toBeInstanceOf(OpenAI);
    expect(wrapped.constructor.name).toBe("OpenAI");
    expect(wrapped).not.toBe(client);
    expect(wrapped.apiKey).toBe(client.apiKey);
    await client.chat.completions.create(CHAT);
    expect(await wflo.calls.list()).toEqual([]);
  });

  test("keeps the private fields, methods and hooks of a subclass", async () => {
    class Mine extends OpenAI {
      readonly #secret = "kept";
      tell() {
        return this.#secret;
      }
      protected override async prepareRequest(request: RequestInit): Promise<void> {
        (request.headers as Headers).set("x-mine", this.#secret);
      }
    }
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const wrapped = wfloOpenAI(new Mine({ baseURL: simulator.url, apiKey: "k" }), { wflo });
    expect(wrapped).toBeInstanceOf(Mine);
    expect(wrapped.constructor.name).toBe("Mine");
    expect(wrapped.withOptions({ maxRetries: 0 }).tell()).toBe("kept");
    await wrapped.chat.completions.create(CHAT);
    expect(simulator.requests[0]?.headers["x-mine"]).toBe("kept");
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
  });

  test("keeps what a subclass with a constructor of its own was given, and what was assigned later", async () => {
    class Tenant extends OpenAI {
      readonly tenant: string;
      readonly labels: Readonly<Record<string, unknown>>;
      constructor(tenant: string, baseURL?: string) {
        super({ apiKey: `key-of-${tenant}`, baseURL: baseURL ?? "http://127.0.0.1:1/v1", maxRetries: 0 });
        this.tenant = tenant;
        this.labels = { tenant };
      }
    }
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const own = vi.fn<typeof fetch>((...args) => fetch(...args));
    const acme = new Tenant("acme", simulator.url);
    Object.assign(acme, { fetch: own });
    const wrapped = wfloOpenAI(acme, { wflo, budgets: ["user"] });
    const { tenant, labels, apiKey } = wrapped;
    expect({ tenant, labels, apiKey }).toEqual({
      tenant: "acme",
      labels: { tenant: "acme" },
      apiKey: "key-of-acme",
    });
    await wrapped.chat.completions.create(CHAT);
    const rotated = plain(simulator.url);
    Object.assign(rotated, { apiKey: "rotated", maxRetries: 1 });
    const again = wfloOpenAI(rotated, { wflo, budgets: ["user"] });
    expect(again.maxRetries).toBe(1);
    await again.chat.completions.create(CHAT);
    expect(simulator.requests.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer key-of-acme",
      "Bearer rotated",
    ]);
    expect(own).toHaveBeenCalledOnce();
    expect(await lines(wflo, 2)).toHaveLength(2);
  });

  test("leaves a method that was assigned to the client given with that client", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const client = plain(simulator.url);
    client.post = client.post.bind(client);
    await wfloOpenAI(client, { wflo, budgets: ["user"] }).chat.completions.create(CHAT);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
  });

  test("charges nothing when a subclass fails to prepare a request, and throws its error", async () => {
    const failure = new Error("no signature today");
    class Signing extends OpenAI {
      protected override prepareRequest(): Promise<void> {
        return Promise.reject(failure);
      }
    }
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const wrapped = wfloOpenAI(new Signing({ baseURL: simulator.url, apiKey: "k" }), {
      wflo,
      budgets: ["user"],
    });
    expect(await settled(wrapped.chat.completions.create(CHAT))).toBe(failure);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "void", charged: "0.00" }]);
    expect(simulator.requests).toHaveLength(0);
  });

  test("meters AzureOpenAI, at Azure's prices when told so", async () => {
    const asked: string[] = [];
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const baseURL = await serve((request, response) => {
      asked.push(request.url ?? "");
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ model: MODEL, choices: [], usage }));
    });
    const wflo = await newWflo();
    const azure = new AzureOpenAI({ baseURL, apiKey: "k", apiVersion: "2025-01-01" });
    const wrapped = wfloOpenAI(azure, { wflo, provider: "azure", budgets: ["user"] });
    expect(wrapped).toBeInstanceOf(AzureOpenAI);
    await wrapped.chat.completions.create(CHAT);
    expect(asked).toEqual([`/v1/deployments/${MODEL}/chat/completions?api-version=2025-01-01`]);
    expect(await lines(wflo, 1)).toMatchObject([{ provider: "azure", kind: "settle", charged: "0.000003" }]);
    await wrapped.withOptions({ timeout: 1_000 }).chat.completions.create(CHAT);
    expect(await lines(wflo, 2)).toHaveLength(2);
  });

  test.each<[string, ClientOptions]>([
    ["nothing of note", { timeout: 5_000 }],
    ["another fetch", { fetch: (...args) => fetch(...args) }],
  ])("keeps its door through withOptions with %s", async (_, options) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const again = metered(simulator.url, wflo).withOptions(options).withOptions({ maxRetries: 1 });
    await again.chat.completions.create(CHAT);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
    expect(Object.keys(simulator.requests[0]?.headers ?? {}).filter((name) => name.includes("wflo"))).toEqual(
      [],
    );
    await wflo.budgets.set({ id: "user", caps: { total: "0.00" } });
    expect(isBudgetExceeded(await settled(again.chat.completions.create(CHAT)))).toBe(true);
  });

  test("charges once through two wrappers, also after withOptions, and holds each wrapper's budget", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    await wflo.budgets.set({ id: "team", caps: { total: "1.00" } });
    const inner = metered(simulator.url, wflo);
    const client = wfloOpenAI(inner, { wflo, budgets: ["team"] });
    for (const each of [
      client,
      client.withOptions({ timeout: 9_000 }),
      client.withOptions({ fetch: (...args) => fetch(...args) }),
    ]) {
      await each.chat.completions.create(CHAT);
    }
    const ledger = await lines(wflo, 3);
    expect(ledger.map(({ kind }) => kind)).toEqual(["settle", "settle", "settle"]);
    expect(simulator.requests.flatMap(({ headers }) => Object.keys(headers)).join()).not.toContain("wflo");
  });

  test("uses the fetch, default headers and base URL of the client, and sends no header of its own", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const own = vi.fn<typeof fetch>((...args) => fetch(...args));
    const client = metered(simulator.url, wflo, { fetch: own, defaultHeaders: { "x-team": "red" } });
    await client.chat.completions.create(CHAT);
    await plain(simulator.url, { defaultHeaders: { "x-team": "red" } }).chat.completions.create(CHAT);
    expect(own).toHaveBeenCalledOnce();
    const [wrapped, unwrapped] = simulator.requests;
    expect(wrapped?.headers).toEqual({ ...unwrapped?.headers, host: expect.any(String) });
  });

  test("keeps withResponse, asResponse, parse, stream helpers and runTools", async () => {
    const simulator = await simulate({ text: '{"kind":true}' });
    const wflo = await newWflo();
    const { chat, responses } = metered(simulator.url, wflo);
    const { data, response } = await chat.completions.create(CHAT).withResponse();
    expect(data.choices[0]?.message.content).toBe('{"kind":true}');
    expect(response.url).toBe(`${simulator.url}/chat/completions`);
    expect(await (await chat.completions.create(CHAT).asResponse()).json()).toMatchObject({
      object: "chat.completion",
    });
    const format = { type: "json_schema" as const, json_schema: { name: "a", schema: {} } };
    expect(
      (await chat.completions.parse({ ...CHAT, response_format: format })).choices[0]?.message.parsed,
    ).toEqual({ kind: true });
    expect(await chat.completions.stream(CHAT).finalContent()).toBe('{"kind":true}');
    expect((await responses.stream(RESPONSE).finalResponse()).output_text).toBe('{"kind":true}');
    const ledger = await lines(wflo, 5);
    expect(ledger.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "settle"));
  });

  test("stops runTools in the middle when the money is gone, with the refusal as its error", async () => {
    const wflo = await newWflo({}, "0.00035");
    const call = { toolCalls: [{ name: "look", arguments: {} }], inputTokens: 1_500 };
    const simulator = await simulate(call, call, { text: "Done." });
    const look = vi.fn<() => string>(() => "nothing");
    const runner = metered(simulator.url, wflo).chat.completions.runTools({
      ...CHAT,
      max_completion_tokens: 100,
      tools: [
        { type: "function", function: { name: "look", description: "", parameters: {}, function: look } },
      ],
    });
    expect(isBudgetExceeded(await settled(runner.finalContent()))).toBe(true);
    expect(look).toHaveBeenCalled();
    expect(simulator.requests.length).toBeGreaterThan(0);
    expect(simulator.requests.length).toBeLessThan(4);
  });
});

describe("endpoints", () => {
  test("what cannot be priced is refused with a sentence that says what to do", async () => {
    const client = metered("http://127.0.0.1:1/v1", await newWflo());
    const error = await settled(client.videos.create({ prompt: "a cat" }));
    expect(error).toBeInstanceOf(UnpricedEndpointError);
    expect((error as Error).message).toContain("Calls to /videos are paid");
  });

  test("what is free passes without a budget, and without a client", async () => {
    const baseURL = await serve((_, response) => {
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ object: "list", data: [{ id: "m" }] }));
    });
    const client = wfloOpenAI(plain(baseURL));
    expect(await collect(client.models.list())).toMatchObject([{ id: "m" }]);
    expect(await client.moderations.create({ input: "x" })).toMatchObject({ object: "list" });
    await client.files.create({ file: new File(["x"], "x.txt"), purpose: "user_data" });
  });

  test("lets the token exchange of a workload identity through", async () => {
    const baseURL = await serve((_, response) => response.end("{}"));
    const wrapped = metered(baseURL, await newWflo()) as unknown as { fetch: typeof fetch };
    expect((await wrapped.fetch(`${baseURL}/oauth/token`, { method: "POST", body: "{}" })).status).toBe(200);
    expect((await wrapped.fetch(`${baseURL}/videos/edits`, { method: "POST", body: "{}" })).status).toBe(402);
    expect((await wrapped.fetch(`${baseURL}/chat/completions`, { method: "POST", body: "x" })).status).toBe(
      402,
    );
  });

  test("charges embeddings by their tokens", async () => {
    const baseURL = await serve((_, response) => {
      const usage = { prompt_tokens: 1_000, total_tokens: 1_000 };
      const data = [{ object: "embedding", index: 0, embedding: [0.5] }];
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ object: "list", data, usage }));
    });
    const wflo = await newWflo();
    const model = "text-embedding-3-small";
    await metered(baseURL, wflo).embeddings.create({ model, input: "hi", encoding_format: "float" });
    expect(await lines(wflo, 1)).toMatchObject([{ model, kind: "settle", charged: "0.00002" }]);
  });
});

describe("which wflo accounts", () => {
  test("none at all is an error before anything is sent", async () => {
    const simulator = await simulate({ text: "Hi" });
    expect(await settled(wfloOpenAI(plain(simulator.url)).chat.completions.create(CHAT))).toBeInstanceOf(
      NoClientError,
    );
    expect(simulator.requests).toHaveLength(0);
  });

  test("a budget alone works, with one warning", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const simulator = await simulate({ outputTokens: 30_000 });
    const client = wfloOpenAI(plain(simulator.url), { budget: "0.03" });
    const results: unknown[] = [];
    for (let call = 0; call < 8; call += 1) results.push(await settled(client.chat.completions.create(CHAT)));
    expect(isBudgetExceeded(results.at(-1))).toBe(true);
    expect(results[0]).toMatchObject({ object: "chat.completion" });
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  test("that of the run around, when none is named; two do not mix", async () => {
    const simulator = await simulate({ text: "Hi" });
    const [one, two] = [await newWflo(), await newWflo()];
    const ambient = wfloOpenAI(plain(simulator.url));
    await one.run({ name: "a" }, () => ambient.chat.completions.create(CHAT));
    expect(await lines(one, 1)).toHaveLength(1);
    expect(await two.calls.list()).toHaveLength(0);
    await Promise.all([one, two].map((wflo) => metered(simulator.url, wflo).chat.completions.create(CHAT)));
    expect(await lines(one, 2)).toHaveLength(2);
    expect(await lines(two, 1)).toHaveLength(1);
  });

  test("tells neither key nor prompt in events and log lines", async () => {
    const told: unknown[] = [];
    const tell = (...args: unknown[]) => void told.push(args);
    const wflo = createWflo({
      logger: { debug: tell, info: tell, warn: tell, error: tell },
      settle: "background",
    });
    await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
    for (const name of ["call-start", "call-end", "call-settled", "budget-exceeded", "trouble"] as const)
      wflo.on(name, tell);
    const simulator = await simulate({ text: "an answer", omitUsage: true });
    const client = metered(simulator.url, wflo);
    await client.chat.completions.create(CHAT);
    await settled(client.chat.completions.create(CHAT));
    await wflo.close();
    expect(told.length).toBeGreaterThan(3);
    expect(JSON.stringify(told)).not.toMatch(/sk-secret|something nice|an answer/);
  });
});

test("what is signed after wflo is what is sent: no header of its own, and the body with its last change", async () => {
  const seen: { headers: string[]; body: unknown }[] = [];
  const sign = (init: RequestInit) => {
    seen.push({ headers: [...new Headers(init.headers).keys()].toSorted(), body: init.body });
  };
  const simulator = await simulate({ text: "Hi" });
  const sent: unknown[] = [];
  const client = metered(simulator.url, await newWflo({}, "0.002"), {
    fetch: async (url, init) => {
      sent.push({ headers: [...new Headers(init?.headers).keys()].toSorted(), body: init?.body });
      return fetch(url, init);
    },
  });
  // The SDK's own providers, such as Bedrock's, sign here.
  Object.assign(client, { _provider: { prepareRequest: async (init: RequestInit) => sign(init) } });
  await collect(await client.chat.completions.create({ ...CHAT, stream: true }));
  expect(sent).toEqual(seen);
  expect(simulator.requests[0]?.body).toMatchObject({
    stream_options: { include_usage: true },
    max_completion_tokens: expect.any(Number),
  });
});

test("a subclass that sends one request twice is charged twice", async () => {
  class Twice extends OpenAI {
    override async fetchWithTimeout(...args: Parameters<OpenAI["fetchWithTimeout"]>): Promise<Response> {
      await (await super.fetchWithTimeout(...args)).text();
      return super.fetchWithTimeout(...args);
    }
  }
  const simulator = await simulate({ text: "Hi" });
  const wflo = await newWflo();
  const client = wfloOpenAI(new Twice({ baseURL: simulator.url, apiKey: "k" }), { wflo, budgets: ["user"] });
  expect((await client.chat.completions.create(CHAT)).choices[0]?.message.content).toBe("Hi");
  expect((await lines(wflo, 2)).map(({ kind }) => kind)).toEqual(["settle", "settle"]);
  expect(simulator.requests).toHaveLength(2);
});
