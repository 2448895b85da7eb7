import { AsyncLocalStorage } from "node:async_hooks";
import { trackLlmCall, type WfloEvents } from "@wflo/core";
import { UnmeteredTransportError, wfloOpenAI } from "@wflo/openai";
import type { Simulator } from "@wflo/testkit/simulator";
import OpenAI, { type ClientOptions } from "openai";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  collect,
  lines,
  metered,
  newWflo,
  pause,
  plain,
  reserved,
  settled,
  simulate,
} from "./support/desk.ts";

/** 100 x $0.10 and 20 x $0.40 a million. */
const COST = "0.000018";
const REPLY = { text: "Hi there", inputTokens: 100, outputTokens: 20 };
const EMBEDDING = { model: "text-embedding-3-small", input: "short" };

type WithTimeout = OpenAI["fetchWithTimeout"];

/** Sends with a `fetch` of its own choice, past that of the client. */
const pastTheClient: WithTimeout = (url, init, _, controller) =>
  globalThis.fetch(url as string, { ...(init as RequestInit), signal: controller.signal });

/** A client that sends so. */
class Tuned extends OpenAI {
  override fetchWithTimeout(...sent: Parameters<WithTimeout>): Promise<Response> {
    return pastTheClient(...sent);
  }
}

/** Rows in the order of their first words. */
const sorted = (rows: readonly (readonly string[])[]) =>
  rows.toSorted(([a = ""], [b = ""]) => a.localeCompare(b));

/** A client that writes the request anew before it hands it to its `fetch`. */
class Rewriting extends OpenAI {
  override async fetchWithTimeout(...[url, init]: Parameters<WithTimeout>): Promise<Response> {
    const { method, headers, body } = init as RequestInit;
    const { fetch } = this as unknown as { fetch: typeof globalThis.fetch };
    return fetch(url as string, {
      method: method?.toUpperCase() ?? "GET",
      headers: headers ?? {},
      body: body ?? null,
    });
  }
}

describe("a client with an X.509 workload identity, which sends on a transport of its own", () => {
  /** The real client and its X.509 sign-in, with a transport that goes to a simulator instead of through mutual TLS. */
  async function x509Client(simulator: Simulator): Promise<OpenAI> {
    const state = new URL("./internal/auth/x509-transport-state.mjs", import.meta.resolve("openai"));
    const { rememberRegisteredX509Transport: register } = (await import(state.href)) as {
      rememberRegisteredX509Transport: (transport: object, registered: object) => void;
    };
    const scopes = new AsyncLocalStorage<object>();
    const startedAt = () => ({ wallStartedAt: Date.now(), monotonicStartedAt: performance.now() });
    const x509Transport = Object.freeze({});
    register(x509Transport, {
      dispatch: (target: URL, init: RequestInit) => fetch(`${simulator.origin}${target.pathname}`, init),
      exchange: async () => ({ accessToken: "token", expiresIn: 3_000 }),
      run: (work: () => unknown) => scopes.run(startedAt(), work),
      current: () => scopes.getStore(),
      resume: (scope: object, work: () => unknown) => scopes.run(scope, work),
      sleep: pause,
    });
    const workloadIdentity = { type: "x509", identityProviderId: "i", serviceAccountId: "s", clientId: "c" };
    return new OpenAI({
      apiKey: null,
      maxRetries: 0,
      x509Transport,
      workloadIdentity,
    } as unknown as ClientOptions);
  }

  test("is refused before anything is sent, with a sentence that says what to do", async () => {
    const simulator = await simulate(REPLY);
    const wflo = await newWflo();
    const client = await x509Client(simulator);
    expect(await client.chat.completions.create(CHAT)).toMatchObject({ object: "chat.completion" });
    const wrapped = wfloOpenAI(client, { wflo, budgets: ["user"] });
    for (const each of [wrapped, wrapped.withOptions({ maxRetries: 1 })]) {
      const error = await settled(each.chat.completions.create(CHAT));
      expect(error).toBeInstanceOf(UnmeteredTransportError);
      expect((error as Error).message).toMatch(/X\.509.* strict: false/);
    }
    expect(simulator.requests).toHaveLength(1);
  });

  test("passes uncounted, and told, when strict is false", async () => {
    const wflo = await newWflo();
    const told: WfloEvents["call-unmetered"][] = [];
    wflo.on("call-unmetered", (event) => void told.push(event));
    const wrapped = wfloOpenAI(await x509Client(await simulate(REPLY)), {
      wflo,
      budgets: ["user"],
      strict: false,
    });
    expect(await wrapped.chat.completions.create(CHAT)).toMatchObject({ object: "chat.completion" });
    expect(told.map(({ what }) => what)).toEqual(["X.509 transport"]);
    expect(await wflo.calls.list()).toEqual([]);
  });
});

describe("a subclass that does not send with the client's fetch", () => {
  const wrap = async (client: OpenAI) => {
    const wflo = await newWflo();
    return { wflo, client: wfloOpenAI(client, { wflo, budgets: ["user"] }) };
  };

  test("is charged by its answers, in one piece and streamed, also through two wrappers and withOptions", async () => {
    const { url } = await simulate(REPLY);
    const { wflo, client } = await wrap(new Tuned({ baseURL: url, apiKey: "k" }));
    const twice = wfloOpenAI(client, { wflo, budgets: ["user"] });
    for (const each of [client, client.withOptions({ timeout: 9_000 }), twice])
      expect((await each.chat.completions.create(CHAT)).choices[0]?.message.content).toBe("Hi there");
    const chunks = await collect(await client.chat.completions.create({ ...CHAT, stream: true }));
    expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true);
    const ledger = await lines(wflo, 4);
    expect(ledger.map(({ kind, charged }) => [kind, charged])).toEqual(
      Array.from({ length: 4 }, () => ["settle", COST]),
    );
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("is charged for nothing where it could not connect, and at its hold where nobody knows", async () => {
    for (const [cause, kind] of [
      [{ code: "ECONNREFUSED" }, "void"],
      [{ code: "ECONNRESET" }, "doubt"],
    ] as const) {
      class Failing extends OpenAI {
        override fetchWithTimeout(): Promise<Response> {
          return Promise.reject(Object.assign(new TypeError("fetch failed"), { cause }));
        }
      }
      const { wflo, client } = await wrap(new Failing({ apiKey: "k", maxRetries: 0 }));
      expect(await settled(client.chat.completions.create(CHAT))).toBeInstanceOf(OpenAI.APIConnectionError);
      expect(await lines(wflo, 1)).toMatchObject([{ kind }]);
    }
  });

  test("is in doubt when its caller gives up while it may be on its way", async () => {
    const { url } = await simulate({ ...REPLY, latencyMs: 300 });
    const { wflo, client } = await wrap(new Tuned({ baseURL: url, apiKey: "k", maxRetries: 0 }));
    await settled(client.chat.completions.create(CHAT, { signal: AbortSignal.timeout(50) }));
    const [line] = await lines(wflo, 1);
    expect(line).toMatchObject({ kind: "doubt", charged: line?.held });
  });

  test("and writes each request anew is charged once for each", async () => {
    const { url } = await simulate(REPLY);
    const { wflo, client } = await wrap(new Rewriting({ baseURL: url, apiKey: "k" }));
    await client.chat.completions.create(CHAT);
    const ledger = await lines(wflo, 2);
    expect(sorted(ledger.map(({ kind, charged }) => [kind, charged]))).toEqual([
      ["settle", COST],
      ["void", "0.00"],
    ]);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("is seen where a method was assigned to the client, too", async () => {
    const { url } = await simulate(REPLY);
    for (const name of ["fetchWithTimeout", "fetchWithAuth"] as const) {
      const { wflo, client } = await wrap(plain(url));
      Object.assign(client, { [name]: pastTheClient });
      await client.chat.completions.create(CHAT);
      expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
    }
  });

  test("is charged nothing, and at once, when its token cannot be had", async () => {
    class NoToken extends OpenAI {
      protected override async prepareRequest(): Promise<void> {}
    }
    const provider = { getToken: () => Promise.reject(new Error("no token")) };
    const workloadIdentity = {
      type: "legacy",
      identityProviderId: "i",
      serviceAccountId: "s",
      clientId: "c",
      provider,
    };
    const { wflo, client } = await wrap(
      new NoToken({ apiKey: null, workloadIdentity, maxRetries: 0 } as unknown as ClientOptions),
    );
    expect(await settled(client.chat.completions.create(CHAT))).toBeInstanceOf(Error);
    expect((await wflo.calls.list()).every(({ charged }) => charged === "0.00")).toBe(true);
    expect(await reserved(wflo)).toBe("0.00");
  });
});

describe("paid calls that a client's own code makes at the wire", () => {
  test.each(["fetch", "prepareRequest"])(
    "in %s are calls of their own, beside the one around",
    async (place) => {
      const simulator = await simulate(REPLY);
      const wflo = await newWflo();
      const guardrail = metered(simulator.url, wflo);
      class Checking extends OpenAI {
        protected override async prepareRequest(): Promise<void> {
          if (place === "prepareRequest") await guardrail.embeddings.create(EMBEDDING);
        }
      }
      const fetch: typeof globalThis.fetch = async (...args) => {
        if (place === "fetch") await guardrail.embeddings.create(EMBEDDING);
        return globalThis.fetch(...args);
      };
      const client = new Checking({ baseURL: simulator.url, apiKey: "k", fetch });
      const wrapped = wfloOpenAI(wfloOpenAI(client, { wflo }), { wflo, budgets: ["user"] });
      await wrapped.chat.completions.create(CHAT);
      const ledger = await lines(wflo, 2);
      expect(sorted(ledger.map(({ model, kind }) => [model, kind]))).toEqual([
        [CHAT.model, "settle"],
        [EMBEDDING.model, "settle"],
      ]);
      expect(ledger.find(({ model }) => model === CHAT.model)?.charged).toBe(COST);
      expect(await reserved(wflo)).toBe("0.00");
    },
  );

  test("leave the call to one hand that was written around it", async () => {
    const simulator = await simulate(REPLY);
    const wflo = await newWflo();
    const client = metered(simulator.url, wflo, { fetch: (...args) => globalThis.fetch(...args) });
    const asked = trackLlmCall({
      provider: "openai",
      model: CHAT.model,
      wflo,
      budgets: ["user"],
      hold: "0.1",
    });
    await asked(() => client.chat.completions.create(CHAT))();
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  });
});

test("the fetch of a metered client, given to another one, charges each request once", async () => {
  const simulator = await simulate(REPLY);
  const wflo = await newWflo();
  const { fetch } = metered(simulator.url, wflo) as unknown as { fetch: typeof globalThis.fetch };
  await metered(simulator.url, wflo, { fetch }).chat.completions.create(CHAT);
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
});

test("two servers of one provider name do not learn from each other how long a text is", async () => {
  const wflo = await newWflo({ prices: { "local/m": { input: "1", output: "1", maxOutputTokens: 100 } } });
  const content = "一".repeat(3_000);
  const request = { model: "m", max_tokens: 1, messages: [{ role: "user" as const, content }] };
  for (const inputTokens of [1_500, 6_000]) {
    const { url } = await simulate({ text: "x", inputTokens, outputTokens: 1 });
    await metered(url, wflo, {}, { provider: "local" }).chat.completions.create(request);
    await wflo.flush();
  }
  expect((await wflo.budgets.get("user"))?.windows[0]?.overrun).toBe("0.00");
});

test("a Request handed to the client's fetch keeps its method, its headers and its body", async () => {
  const simulator = await simulate(REPLY);
  const wflo = await newWflo({}, "0.02");
  const { fetch } = metered(simulator.url, wflo) as unknown as { fetch: typeof globalThis.fetch };
  const headers = { "content-type": "application/json", authorization: "Bearer k", "x-mine": "kept" };
  const body = JSON.stringify(CHAT);
  const made = () => new Request(`${simulator.url}/chat/completions`, { method: "POST", headers, body });
  expect(await (await fetch(made())).json()).toMatchObject({ object: "chat.completion" });
  expect(simulator.requests[0]).toMatchObject({ headers: { "x-mine": "kept" }, body: CHAT });
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
});
