import { readdirSync, readFileSync } from "node:fs";
import { isBudgetExceeded, type WfloEvents } from "@wflo/core";
import { UnpricedEndpointError, wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "../src/endpoint-table.ts";
import { endpointOf } from "../src/endpoint.ts";
import { collect, lines, metered, newWflo, plain, reserved, serve, settled } from "./support/desk.ts";

const POST = /_client\s*\.post\((?:path\s*)?[`']([^`']+)[`']/g;
const POSTED_LIST = /getAPIList\((?:path\s*)?[`']([^`']+)[`'][^;]*method: 'post'/g;

/** What a POST to a URL is. */
const kindAt = (url: string, more: { bases?: string[]; provider?: string } = {}) =>
  endpointOf({ method: "post", url, provider: "openai", ...more });

/** The paths of all POSTs in the SDK's resources, with `x` for ids. */
function postsOfTheSdk(): string[] {
  const resources = new URL("./resources/", import.meta.resolve("openai"));
  const found = new Set<string>();
  for (const file of readdirSync(resources, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".mjs")) continue;
    const text = readFileSync(new URL(file, resources), "utf8");
    for (const [, path = ""] of [...text.matchAll(POST), ...text.matchAll(POSTED_LIST)])
      found.add(path.replaceAll(/\$\{[^}]+\}/g, "x"));
  }
  return [...found];
}

/** A provider that takes anything. */
const anything = (seen: string[] = [], answer: object = { id: "made_1", object: "thing" }) =>
  serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });

const PAID: readonly [string, (client: OpenAI) => Promise<unknown>][] = [
  ["videos", (client) => client.videos.create({ prompt: "a cat", model: "sora-2" })],
  ["fine_tuning/jobs", (client) => client.fineTuning.jobs.create({ model: "gpt-4.1", training_file: "f" })],
  ["evals/*/runs", (client) => client.evals.runs.create("e", { data_source: {} as never })],
  ["vector_stores", (client) => client.vectorStores.create({})],
  ["containers", (client) => client.containers.create({ name: "c" })],
  ["realtime/client_secrets", (client) => client.realtime.clientSecrets.create({})],
  ["threads/*/runs", (client) => client.beta.threads.runs.create("t", { assistant_id: "a" })],
  ["batches", (client) => client.batches.create(BATCH)],
];
const BATCH = {
  input_file_id: "file-1",
  endpoint: "/v1/chat/completions",
  completion_window: "24h",
} as const;

describe("every POST of the SDK", () => {
  test("is told to be priced, free or paid, and why", () => {
    const unknown = postsOfTheSdk().filter((path) => {
      const endpoint = kindAt(`https://api.openai.com/v1${path}`);
      return endpoint.kind === "paid" && endpoint.name === "other";
    });
    expect(unknown).toEqual([]);
    expect(postsOfTheSdk().length).toBeGreaterThan(100);
    expect(ENDPOINTS.filter(({ why }) => why === "")).toEqual([]);
  });

  test("has one row that fits it, none that an earlier one hides", () => {
    for (const row of ENDPOINTS) {
      const endpoint = kindAt(`/v1/${row.path.replaceAll("*", "x")}`);
      const kind = endpoint.kind === "priced" ? endpoint.api : endpoint.kind;
      const expected = { later: "paid", freeAtOpenAI: "free" }[row.is as string] ?? row.is;
      expect([row.path, kind]).toEqual([row.path, expected]);
    }
  });

  test.each([
    ["https://x.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=1", "priced"],
    ["https://openrouter.ai/api/v1/chat/completions", "priced"],
    ["http://localhost:11434/v1/completions", "priced"],
    ["http://localhost:11434/v1/something_new", "paid"],
    ["https://proxy/v1/containers/c/files", "free"],
    ["https://proxy/v1/containers/files", "paid"],
    ["https://proxy/v1/vector_stores/vs_1/files", "paid"],
    ["/v1/responses/resp_1/cancel", "free"],
    ["/v1/responses/compact", "priced"],
  ])("is known where the API begins at its version: %s is %s", (url, kind) => {
    expect(kindAt(url).kind).toBe(kind);
    expect(endpointOf({ method: "GET", url, provider: "openai" }).kind).toBe("free");
  });

  test.each([
    ["https://api.deepseek.com", "/chat/completions", "priced"],
    ["https://gateway/v1/team/openai/", "/chat/completions", "priced"],
    ["https://x.services.ai.azure.com/api/projects/p1/openai/v1", "/responses", "priced"],
    ["https://x.services.ai.azure.com/api/projects/p1/openai/v1", "/video/generations/jobs", "paid"],
    ["https://x.services.ai.azure.com/api", "/projects/p1/openai/v1/chat/completions", "paid"],
    ["https://gateway/organization/acme/v1", "/videos", "paid"],
    ["https://gateway/v1", "/videos/files", "paid"],
    ["https://gateway/v1", "/chat/completions/", "paid"],
    ["https://gateway/v1", "/files/", "paid"],
    ["https://gateway/v1", "//files", "paid"],
    ["https://gateway/v1", "/x/conversations", "paid"],
    ["https://gateway/v1", "/Chat/Completions", "paid"],
    ["https://gateway/v1", "/evals/../videos", "paid"],
    ["https://gateway/v1", "/files%2fx", "paid"],
  ])("is known word for word behind the base URL %s: %s is %s", (base, path, kind) => {
    expect(kindAt(`${base.replace(/\/$/, "")}${path}`, { bases: [base] }).kind).toBe(kind);
  });

  test.each(["mistral", "groq", "local"])("that OpenAI gives for free is paid at %s", (provider) => {
    for (const path of ["moderations", "conversations", "agents", "agents/x", "responses/input_tokens"]) {
      expect(kindAt(`https://x/v1/${path}`, { provider })).toMatchObject({
        kind: "paid",
        name: expect.any(String),
      });
      expect(kindAt(`https://x/v1/${path}`, { provider: "azure" }).kind).toBe("free");
    }
    for (const path of ["files", "uploads", "batches/x/cancel"])
      expect(kindAt(`https://x/v1/${path}`, { provider }).kind).toBe("free");
  });
});

describe("what is paid and cannot be counted", () => {
  test.each(PAID)(
    "%s is refused before anything is sent, with a sentence that says what to do",
    async (name, call) => {
      const seen: string[] = [];
      const client = metered(await anything(seen), await newWflo());
      const error = (await settled(call(client))) as Error;
      expect(error).toBeInstanceOf(UnpricedEndpointError);
      expect(error.message).toContain(`Calls to /${name} are paid`);
      expect(error.message).toMatch(/Pass hold .*strict: false.* client you passed/);
      expect(seen).toEqual([]);
    },
  );

  test.each(PAID.slice(0, -1))(
    "%s is held and charged at hold, each time, and holds no further call back",
    async (_, call) => {
      const wflo = await newWflo();
      const client = metered(await anything(), wflo, {}, { hold: "0.30" });
      for (let count = 1; count <= 3; count += 1) {
        await call(client);
        await lines(wflo, count);
      }
      const ledger = await lines(wflo, 3);
      expect(ledger.map(({ kind, charged, inDoubt }) => [kind, charged, inDoubt])).toEqual(
        Array.from({ length: 3 }, () => ["unmeasured", "0.30", false]),
      );
      expect(ledger[0]?.receipt["noUsage"]).toContain("tell no usage");
      expect(isBudgetExceeded(await settled(call(client)))).toBe(true);
    },
  );

  test("costs nothing where its provider refuses it", async () => {
    const url = await serve((_, response) => response.writeHead(400).end("{}"));
    const wflo = await newWflo();
    await settled(metered(url, wflo, {}, { hold: "0.30" }).vectorStores.create({}));
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "void", charged: "0.00" }]);
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("is sent without being counted, and told, when strict is false", async () => {
    const seen: string[] = [];
    const wflo = await newWflo();
    const told: WfloEvents["call-unmetered"][] = [];
    wflo.on("call-unmetered", (event) => void told.push(event));
    const client = metered(await anything(seen), wflo, {}, { strict: false });
    for (const [, call] of PAID) await call(client);
    expect(seen).toHaveLength(PAID.length);
    expect(told.map(({ what }) => what)).toEqual(PAID.map(([name]) => name));
    expect(await wflo.calls.list()).toEqual([]);
  });

  test("is sent without anybody to tell, when strict is false and nobody accounts for it", async () => {
    const client = wfloOpenAI(plain(await anything()), { strict: false });
    expect(await client.vectorStores.create({})).toMatchObject({ id: "made_1" });
  });

  test("is refused in the words of an answer where a request comes to fetch unprepared", async () => {
    const baseURL = await anything();
    const wrapped = metered(baseURL, await newWflo()) as unknown as { fetch: typeof fetch };
    const answer = await wrapped.fetch(`${baseURL}/videos?key=sk-in-query`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(402);
    expect(await answer.text()).not.toContain("sk-in-query");
  });
});

test("what is free stays free: uploads, files, lists, cancels, conversations", async () => {
  const seen: string[] = [];
  const baseURL = await anything(seen, { object: "list", id: "x", data: [{ id: "m" }], has_more: false });
  const wflo = await newWflo({}, "0.00");
  const client = metered(baseURL, wflo);
  await client.files.create({ file: new File(["x"], "x.txt"), purpose: "batch" });
  const upload = { bytes: 1, filename: "x", mime_type: "text/plain", purpose: "batch" } as const;
  await client.uploads.create(upload);
  await client.uploads.parts.create("u", { data: new File(["x"], "x") });
  await client.conversations.create({});
  await client.conversations.items.create("c", { items: [] });
  await client.moderations.create({ input: "x" });
  await client.responses.cancel("resp_1");
  await client.batches.cancel("batch_1");
  await client.files.delete("f");
  expect(await collect(client.models.list())).toEqual([{ id: "m" }]);
  expect(await collect(client.batches.list())).toEqual([{ id: "m" }]);
  expect(await collect(client.files.list())).toEqual([{ id: "m" }]);
  expect(seen).toHaveLength(12);
  expect(await wflo.calls.list()).toEqual([]);
});
