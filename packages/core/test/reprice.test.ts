import {
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  type Outcome,
  type PriceOptions,
  type Usage,
  type Wflo,
} from "@wflo/core";
import { expect, test } from "vitest";

const database = () => memoryDatabase();
const MODEL = { provider: "openai", model: "gpt-4.1-nano" };
const USAGE: Usage = { inputTokens: 1_000, cachedInputTokens: 200, outputTokens: 100 };

/** Clients of one ledger, each with its own prices, as before and after somebody corrects them. */
function clients(...prices: (PriceOptions | undefined)[]): Wflo[] {
  const shared = database();
  return prices.map((own) =>
    createWflo({ database: shared, logger: false, ...(own ? { prices: own } : {}) }),
  );
}

async function call(wflo: Wflo, outcome: Outcome = { kind: "answered", usage: USAGE }, budgets = ["team"]) {
  const request = { ...MODEL, parts: ["Hello"], maxOutputTokens: 1_000, budgets };
  await wflo.guardCall(request, async () => ({ value: 1, outcome }));
  await wflo.flush();
}

async function spent(wflo: Wflo): Promise<string | undefined> {
  return (await wflo.budgets.get("team"))?.windows[0]?.spent;
}

const WRONG = { "openai/gpt-4.1-nano": { input: "10", output: "40" } };
const RIGHT = { "openai/gpt-4.1-nano": { input: "0.1", cachedInput: "0.025", output: "0.4" } };

test("past calls are corrected to the prices of now, by entries of their own, and the budget with them", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before);
  await call(before);
  const lines = await before.calls.list();
  expect(await spent(before)).toBe("0.028");

  const repricing = await after.calls.reprice();
  expect(repricing).toMatchObject({ looked: 2, difference: "-0.02775" });
  expect(repricing.changed[0]).toMatchObject({
    ...MODEL,
    was: "0.014",
    is: "0.000125",
    rateCard: "openai/gpt-4.1-nano",
  });
  expect(await spent(after)).toBe("0.00025");
  expect((await after.calls.list()).slice(0, 2)).toEqual(lines);
  const told = await after.calls.explain(lines[0]?.callId ?? "");
  expect(told).toMatchObject({ cost: "0.000125", isExact: true });
  expect(told?.text).toMatch(/^- correction -\$0\.013875, \S+: priced again$/m);
  expect(told?.text).toMatch(/200 cachedInput x \$0\.000000025 = \$0\.000005/);
  expect((await after.budgets.reconcile()).isExact).toBe(true);
});

test("again changes nothing, and back again gives the first cost back", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before);
  expect((await after.calls.reprice()).changed.length).toBe(1);
  expect(await after.calls.reprice()).toMatchObject({ looked: 1, changed: [], difference: "0.00" });
  expect((await before.calls.reprice()).difference).toBe("0.013875");
  expect(await spent(before)).toBe("0.014");
});

test("a dry run tells what would change, and changes nothing", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before);
  expect((await after.calls.reprice({ dryRun: true })).difference).toBe("-0.013875");
  expect(await spent(after)).toBe("0.014");
  expect((await after.calls.list()).length).toBe(1);
});

test("what was set by hand, is in doubt or tells no usage stays as it is", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "10.00" } });
  await call(before);
  const [line] = await before.calls.list();
  await before.calls.resolve(line?.callId ?? "", { cost: "0.5" });
  await call(before, { kind: "doubt", reason: "HTTP 504" });
  await call(before, { kind: "cut", reason: "gone" });
  const was = await spent(before);
  expect(await after.calls.reprice()).toMatchObject({ looked: 0, changed: [] });
  expect(await spent(after)).toBe(was);
});

test("a call whose cost was only a lower bound gets it once its price is known", async () => {
  const fees = [{ meter: "map_tiles", count: 3 }];
  const [before, after] = clients(undefined, {
    "openai/gpt-4.1-nano": {
      input: "0.1",
      cachedInput: "0.025",
      output: "0.4",
      fees: { map_tiles: "0.001" },
    },
  }) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before, { kind: "answered", usage: { ...USAGE, fees } });
  expect(await before.calls.list()).toMatchObject([{ kind: "unmeasured" }]);
  await after.calls.reprice();
  expect(await spent(after)).toBe("0.003125");
});

test("only the calls that are meant", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await before.budgets.set({ id: "other", caps: { total: "1.00" } });
  await call(before);
  await call(before, undefined, ["other"]);
  const hour = 3_600_000;
  const soon = new Date(Date.now() + hour);
  for (const none of [
    { model: "gpt-4o" },
    { provider: "anthropic" },
    { since: soon },
    { until: new Date(Date.now() - hour) },
  ])
    expect((await after.calls.reprice(none)).looked).toBe(0);
  const some = { budgetId: "team", provider: "OpenAI", since: new Date(Date.now() - hour), until: soon };
  expect((await after.calls.reprice(some)).looked).toBe(1);
  await expect(after.calls.reprice({ since: new Date("never") })).rejects.toThrow(InvalidOptionError);
});

test("the calls that were closed in a time, also where the clock of their host is behind", async () => {
  const noon = Date.parse("2026-11-30T12:00:00Z");
  let now = noon - 3_000;
  const shared = memoryDatabase({ now: () => now });
  const clientBehind = (ms: number, prices: PriceOptions) => {
    const clock = { now: () => now - ms, monotonic: () => performance.now(), schedule: () => () => {} };
    return createWflo({ database: shared, prices, logger: false, clock });
  };
  const [onTime, behind] = [clientBehind(0, WRONG), clientBehind(10_000, WRONG)];
  await onTime.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(onTime);
  now = noon + 2_000;
  await call(behind);
  now = noon + 4_000;
  await call(onTime);
  const until = new Date(noon);
  const after = clientBehind(0, RIGHT);
  expect((await after.calls.reprice({ until, dryRun: true })).looked).toBe(1);
  expect((await after.calls.reprice({ since: until, dryRun: true })).looked).toBe(2);
  expect((await after.calls.reprice({ since: until, until: new Date(noon + 4_000) })).looked).toBe(1);
});

test("the work of several models, at a speed, is priced again from its receipt alone", async () => {
  const [before, after] = clients(
    { "anthropic/claude-opus-5": { input: "1", output: "1" } },
    { "anthropic/claude-opus-5": { like: "anthropic/claude-opus-4-8" } },
  ) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  const usage: Usage = {
    inputTokens: 1_000,
    outputTokens: 100,
    modifiers: ["speed:fast"],
    others: [{ model: "claude-haiku-4-5", usage: { inputTokens: 1_000, outputTokens: 0 } }],
  };
  const request = {
    provider: "anthropic",
    model: "claude-opus-5",
    parts: ["Hi"],
    hold: "0.10",
    budgets: ["team"],
  };
  await before.guardCall(request, async () => ({ value: 1, usage }));
  await before.flush();
  const [line] = await before.calls.list();
  expect(line?.receipt["usage"]).toMatchObject({ inputTokens: 2_000, outputTokens: 100 });
  await after.calls.reprice();
  // 1,000 and 100 tokens at twice $5 and $25, and 1,000 at $1.
  expect(await spent(after)).toBe("0.016");
});

test("a price that was agreed on stays where the client does not have it", async () => {
  const [before, bare] = clients(RIGHT, undefined) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before);
  const was = await spent(before);
  expect(await bare.calls.reprice()).toMatchObject({ changed: [], skipped: [MODEL], difference: "0.00" });
  expect(await spent(bare)).toBe(was);
});

test("what was set by hand stays, also where the clock of whoever set it is behind", async () => {
  const shared = database();
  let now = Date.now();
  const behind = { now: () => now - 5_000, monotonic: () => performance.now(), schedule: () => () => {} };
  const before = createWflo({ database: shared, prices: WRONG, logger: false });
  const after = createWflo({ database: shared, prices: RIGHT, logger: false });
  const other = createWflo({ database: shared, logger: false, clock: behind });
  await before.budgets.set({ id: "team", caps: { total: "1.00" } });
  await call(before);
  await after.calls.reprice();
  const [line] = await after.calls.list();
  now = Date.now();
  await other.calls.resolve(line?.callId ?? "", { cost: "0.5" });
  expect((await after.calls.reprice()).changed).toEqual([]);
  expect(await spent(after)).toBe("0.50");
});

test("a thousand calls are looked through page by page", async () => {
  const [before, after] = clients(WRONG, RIGHT) as [Wflo, Wflo];
  await before.budgets.set({ id: "team", caps: { total: "100.00" } });
  for (let count = 0; count < 1_100; count += 1) await call(before);
  const { looked, changed, difference } = await after.calls.reprice();
  expect([looked, changed.length, difference]).toEqual([1_100, 1_100, "-15.2625"]);
  expect(await spent(after)).toBe("0.1375");
});
