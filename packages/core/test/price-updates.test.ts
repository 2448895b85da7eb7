import { createWflo, InvalidOptionError, type PriceUpdate, type Wflo } from "@wflo/core";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PRICE_DATA } from "../src/pricing/rates/price-data.ts";
import { carriedPriceList } from "../src/pricing/rates/price-list.ts";
import { readPriceList } from "../src/pricing/rates/read-price-list.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** A real server; returns its address. */
async function serve(answering: Answering): Promise<string> {
  const server = createServer(answering);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices.json`;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "wflo-prices-"));
  opened.push(() => rm(path, { recursive: true }));
  return path;
}

function client(update: PriceUpdate, warnings: string[] = []): Wflo {
  const log = () => {};
  const logger = { debug: log, info: log, warn: (text: string) => void warnings.push(text), error: log };
  const wflo = createWflo({ prices: { update }, logger });
  opened.push(() => wflo.close());
  return wflo;
}

interface Edit {
  readonly date?: string;
  /** What gpt-4.1-nano's input costs. */
  readonly nano?: number;
}

/** The carried list with changes, as JSON. */
function listWith({ date = "2026-11-29", nano = 0.2 }: Edit): string {
  const providers = JSON.parse(PRICE_DATA.text) as {
    id: string;
    models: { id: string; prices: Record<string, number> }[];
  }[];
  const model = providers.find(({ id }) => id === "openai")?.models.find(({ id }) => id === "gpt-4.1-nano");
  if (model) model.prices["input_mtok"] = nano;
  return JSON.stringify({ date, providers });
}

/** What a million tokens of input cost. */
function nanoInput(wflo: Wflo): string | undefined {
  const usage = { inputTokens: 1_000_000, outputTokens: 0 };
  return wflo.pricing.cost({ provider: "openai", model: "gpt-4.1-nano", usage }).usd;
}

describe("a newer list of prices", () => {
  test("is taken from an address without a release, and receipts name it", async () => {
    const from = await serve((_, response) => void response.end(listWith({})));
    const wflo = client({ from });
    const told = new Promise((resolve) => wflo.on("prices-updated", resolve));
    expect(nanoInput(wflo)).toBe("0.1");
    await told;
    expect(nanoInput(wflo)).toBe("0.2");
    const { source, date, problem } = wflo.pricing.list();
    expect({ date, problem }).toEqual({ date: "2026-11-29", problem: undefined });
    expect(source).toMatch(/^127\.0\.0\.1:\d+\/prices\.json@2026-11-29$/);
    const card = wflo.pricing.card("openai", "gpt-4.1-nano");
    expect(card).toMatchObject({ source, checkedOn: "2026-11-29" });
  });

  test("is dated by the server where it tells no date, and not fetched again while it has not changed", async () => {
    const asked: (string | undefined)[] = [];
    const changed = "Sat, 28 Nov 2026 10:00:00 GMT";
    const { providers } = JSON.parse(listWith({})) as { providers: unknown };
    const from = await serve((request, response) => {
      asked.push(request.headers["if-modified-since"]);
      response.setHeader("last-modified", changed);
      response.statusCode = asked.length === 1 ? 200 : 304;
      response.end(asked.length === 1 ? JSON.stringify(providers) : undefined);
    });
    const wflo = client({ from });
    await wflo.pricing.refresh();
    expect(wflo.pricing.list()).toMatchObject({ date: "2026-11-28", problem: undefined });
    expect(asked).toEqual([undefined, changed]);
    expect(nanoInput(wflo)).toBe("0.2");
  });

  test("is told without what stands for a key in its address", async () => {
    const address = new URL(await serve((_, response) => void response.end(listWith({}))));
    address.search = "?token=secret";
    const wflo = client({ from: address });
    await wflo.pricing.refresh();
    expect(wflo.pricing.list().source).toBe(`${address.host}/prices.json@2026-11-29`);
    const failing: string[] = [];
    const broken = client({ from: "http://127.0.0.1:9/prices.json?token=secret" }, failing);
    await broken.pricing.refresh();
    expect(broken.pricing.list().problem).toBeDefined();
    expect(`${failing.join()}${broken.pricing.list().problem}`).not.toContain("secret");
  });

  test.each([
    ["http://user:secret@127.0.0.1:9/prices.json", "takes no user and password"],
    ["https://[secret", "is none"],
  ])("is refused at once for the address %s, and not quoted", (from, why) => {
    const create = () => client({ from });
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(why);
    expect(create).not.toThrow("secret");
  });

  test("is looked at in turns, so that calls go on between them", async () => {
    const current = carriedPriceList();
    const given = { text: listWith({}), from: "here", date: "2026-11-29", current, nowMs: Date.now() };
    let turns = 0;
    const ticking = setInterval(() => void (turns += 1));
    const list = await readPriceList(given);
    clearInterval(ticking);
    expect(list.date).toBe("2026-11-29");
    expect(turns).toBeGreaterThan(5);
  });

  test("is kept in a file, with which the next process begins though nobody answers it", async () => {
    const keepIn = join(await folder(), "deep", "prices.json");
    const from = await serve((_, response) => void response.end(listWith({ nano: 0.3 })));
    await client({ from, keepIn }).pricing.refresh();
    expect(JSON.parse(await readFile(keepIn, "utf8"))).toMatchObject({ date: "2026-11-29" });

    const silent = await serve(() => {});
    const next = client({ from: silent, keepIn });
    await vi.waitUntil(() => nanoInput(next) === "0.3", { timeout: 5_000 });
    expect(next.pricing.list().date).toBe("2026-11-29");
  });

  test("is read from a file, dated by its last change", async () => {
    const path = join(await folder(), "mine.json");
    const { providers } = JSON.parse(listWith({ nano: 0.4 })) as { providers: unknown };
    await writeFile(path, JSON.stringify(providers));
    const wflo = client({ from: path });
    await wflo.pricing.refresh();
    expect(nanoInput(wflo)).toBe("0.4");
    expect(wflo.pricing.list()).toMatchObject({ ageDays: 0, problem: undefined });
  });

  test("that was mended on the same day is taken, and the server is asked by its tag", async () => {
    const asked: (string | undefined)[] = [];
    const from = await serve((request, response) => {
      asked.push(request.headers["if-none-match"]);
      const isFirst = asked.length === 1;
      response.setHeader("etag", isFirst ? '"one"' : '"two"');
      response.end(listWith({ nano: isFirst ? 0.2 : 0.25 }));
    });
    const wflo = client({ from });
    await wflo.pricing.refresh();
    expect(nanoInput(wflo)).toBe("0.25");
    expect(asked).toEqual([undefined, '"one"']);
  });

  test("that cannot be kept is used all the same, and that is said", async () => {
    const path = join(await folder(), "file");
    await writeFile(path, "");
    const from = await serve((_, response) => void response.end(listWith({})));
    const warnings: string[] = [];
    const wflo = client({ from, keepIn: join(path, "prices.json") }, warnings);
    await wflo.pricing.refresh();
    expect(nanoInput(wflo)).toBe("0.2");
    expect(warnings.join()).toMatch(/is used, but could not be kept/);
  });

  test("is looked for once by ten who ask at the same time, and not any more when the client is closed", async () => {
    let asked = 0;
    const from = await serve(() => void (asked += 1));
    const wflo = createWflo({ prices: { update: { from } }, logger: false });
    const looks = Array.from({ length: 10 }, () => wflo.pricing.refresh());
    await vi.waitUntil(() => asked === 1, { timeout: 5_000 });
    const started = performance.now();
    await wflo.close();
    await Promise.all(looks);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(asked).toBeLessThanOrEqual(2);
  });

  test("holds up no call: it is made at the prices in use while the address hangs", async () => {
    const wflo = client({ from: await serve(() => {}) });
    await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
    const usage = { inputTokens: 10, outputTokens: 10 };
    const request = { provider: "openai", model: "gpt-4.1-nano", parts: ["Hi"], budgets: ["user"] };
    const started = performance.now();
    await wflo.guardCall(request, async () => ({ value: 1, usage }));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await wflo.calls.list()).toMatchObject([{ kind: "settle", charged: "0.000005" }]);
  });
});

describe("a list that cannot be used leaves the prices as they are and says why", () => {
  const whole = listWith({});
  const providers = (JSON.parse(whole) as { providers: { id: string; models: unknown[] }[] }).providers;
  const listWhere = (reviver: (key: string, value: unknown) => unknown) =>
    JSON.stringify({
      date: "2026-11-29",
      providers: JSON.parse(JSON.stringify(providers), (key, value: unknown) =>
        reviver(key, value),
      ) as unknown,
    });
  const inOtherUnits = listWhere((key, value) =>
    key === "input_mtok" && typeof value === "number" ? value * 1_000 : value,
  );
  const latest = (prices: object): object =>
    Array.isArray(prices) ? (prices.at(-1) as { prices: object }).prices : prices;
  const withModel = (model: object) =>
    JSON.stringify({ date: "2026-11-29", providers: [...providers, { id: "x", models: [model] }] });
  const match = { equals: "m" };

  test.each<[string, string | Answering, RegExp]>([
    ["cut off", whole.slice(0, 100_000), /no JSON/],
    ["a page of HTML", "<html></html>", /no JSON/],
    ["nothing", "", /no JSON/],
    ["no list", '{"date":"2026-11-29"}', /no list of providers/],
    [
      "half of the models",
      JSON.stringify({ date: "2026-11-29", providers: providers.slice(0, 9) }),
      /not whole/,
    ],
    ["older", listWith({ date: "2025-01-01" }), /of 2025-01-01, older than genai-prices/],
    ["of no date", listWith({ date: "soon" }), /its date, soon/],
    ["in other units", inOtherUnits, /other units/],
    ["free output", listWhere((key, value) => (key === "output_mtok" ? 0 : value)), /times what they were/],
    [
      "prices that will only be right",
      JSON.stringify({
        date: "2026-11-29",
        providers: providers.map(({ id, models }) => ({
          id,
          models: (models as { prices: object }[]).map((model) => ({
            ...model,
            prices: [
              { prices: { input_mtok: 0.000001, output_mtok: 0.000001 } },
              { constraint: { start_date: "2030-01-01" }, prices: latest(model.prices) },
            ],
          })),
        })),
      }),
      /times what they were/,
    ],
    [
      "a model that takes every name",
      withModel({ id: "m", match: { regex: ".*" }, prices: {} }),
      /whatever name/,
    ],
    [
      "a provider twice",
      JSON.stringify({ date: "2026-11-29", providers: [...providers, { id: "openai", models: [] }] }),
      /openai twice/,
    ],
    [
      "a provider without its models",
      JSON.stringify({
        date: "2026-11-29",
        providers: providers.map((one) => (one.id === "anthropic" ? { ...one, models: [] } : one)),
      }),
      /lacks most models of anthropic/,
    ],
    ["of a day to come", listWith({ date: "2999-01-01" }), /has not come yet/],
    ["of no day of the year", listWith({ date: "2026-99-99" }), /is none/],
    [
      "a pattern that takes ages",
      withModel({ id: "m", match: { regex: "^(([a-z]+)+)!$" }, prices: {} }),
      /x\/m/,
    ],
    ["a negative price", withModel({ id: "m", match, prices: { input_mtok: -1 } }), /prices of x\/m/],
    ["a price in words", withModel({ id: "m", match, prices: { input_mtok: "1" } }), /prices of x\/m/],
    ["a pattern that is none", withModel({ id: "m", match: { regex: "(" }, prices: {} }), /x\/m/],
    ["an endless pattern", withModel({ id: "m", match: { regex: "a".repeat(400) }, prices: {} }), /x\/m/],
    ["no id", withModel({ match, prices: {} }), /has no id/],
    ["HTTP 500", (_, response) => void response.writeHead(500).end(), /HTTP 500/],
    ["too long", (_, response) => void response.end(" ".repeat(20_000_001)), /more than 20000000 bytes/],
    ["a broken connection", (request) => void request.socket.destroy(), /./],
  ])("%s", async (_, answer, reason) => {
    const from = await serve(
      typeof answer === "string" ? (__, response) => void response.end(answer) : answer,
    );
    const warnings: string[] = [];
    const wflo = client({ from }, warnings);
    await wflo.pricing.refresh();
    expect(wflo.pricing.list().problem).toMatch(reason);
    expect(wflo.pricing.list().source).toBe(PRICE_DATA.name);
    expect(nanoInput(wflo)).toBe("0.1");
    // The same trouble twice is told once.
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/newer prices could not be had or kept/);
  });

  test("no such file", async () => {
    const wflo = client({ from: join(await folder(), "none.json") });
    await wflo.pricing.refresh();
    expect(wflo.pricing.list().problem).toMatch(/no such file/);
  });

  test.each<[string, unknown, RegExp]>([
    ["no address", {}, /prices\.update takes/],
    ["an empty one", { from: "" }, /prices\.update takes/],
    ["a look every second", { from: "x", everyMs: 1_000 }, /everyMs/],
    ["no time to answer", { from: "x", timeoutMs: 0 }, /timeoutMs/],
    ["a folder of no name", { from: "x", keepIn: "" }, /keepIn/],
  ])("an option of %s throws at once", (_, update, message) => {
    const create = () => createWflo({ prices: { update: update as PriceUpdate } });
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(message);
  });
});
