import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createWflo, trackLlmCall, type Wflo, type WfloOptions } from "@wflo/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { answer, ANSWER_COST, MODEL, pause, request } from "./support/model.ts";

/** An answer as OpenAI gives it, of 10 and 100 tokens. */
const reply = (change: object = {}) => ({ usage: { prompt_tokens: 10, completion_tokens: 100 }, ...change });
/** A function that answers, and is counted. */
const model = () => vi.fn<(question?: string) => Promise<object>>(async () => reply());

function client(options: WfloOptions = {}): Wflo {
  const wflo = createWflo({ logger: false, waitMs: 200, settle: "background", ...options });
  onTestFinished(() => wflo.close());
  return wflo;
}

async function withBudget(cap: string, options: WfloOptions = {}): Promise<Wflo> {
  const wflo = client(options);
  await wflo.budgets.set({ id: "team", caps: { total: cap } });
  return wflo;
}

const TEAM = { budgets: ["team"] };
const linesOf = async (wflo: Wflo) =>
  (await wflo.calls.list()).map(({ kind, charged, agent }) => [kind, charged, agent]);

describe("with a hold", () => {
  test("a call reserves it, and is settled by the usage of its result", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, hold: "0.20", wflo, ...TEAM })(model());
    for (let call = 0; call < 3; call += 1) expect(await ask("?")).toEqual(reply());
    const line = { kind: "settle", held: "0.20", charged: ANSWER_COST };
    expect(await wflo.calls.list()).toMatchObject([line, line, line]);
  });

  test("a call that does not fit is refused before the function is called", async () => {
    const wflo = await withBudget("0.10");
    const fn = model();
    const ask = trackLlmCall({ ...MODEL, hold: "0.20", wflo, ...TEAM })(fn);
    await expect(ask()).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(fn).not.toHaveBeenCalled();
  });
});

describe("around a metered call", () => {
  test("it passes through: the call is charged once, and nothing is unmetered", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(async () => {
      await wflo.guardCall(request(), async () => answer(1));
      return reply();
    });
    for (let call = 0; call < 2; call += 1) await ask();
    expect(await linesOf(wflo)).toEqual([
      ["settle", ANSWER_COST, undefined],
      ["settle", ANSWER_COST, undefined],
    ]);
  });

  test("it lets calls go at once as soon as the first has asked inside", async () => {
    const wflo = await withBudget("1.00");
    let open = 0;
    let most = 0;
    const metered = () =>
      wflo.guardCall(request(), async () => {
        most = Math.max(most, (open += 1));
        await pause(30);
        open -= 1;
        return answer(1);
      });
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(metered);
    await Promise.all([ask(), ask(), ask(), ask()]);
    expect(most).toBe(4);
  });

  test("once that is known, calls begin together", async () => {
    const wflo = await withBudget("1.00");
    let open = 0;
    let most = 0;
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(async () => {
      most = Math.max(most, (open += 1));
      await pause(10);
      open -= 1;
      return wflo.guardCall(request(), async () => answer(1));
    });
    await ask();
    await Promise.all([ask(), ask(), ask()]);
    expect(most).toBe(3);
  });

  test.each([{ hold: "0.20" }, { mode: "record" as const }, {}])(
    "that fails, an answer from elsewhere is charged as recorded, with %o",
    async (options) => {
      const wflo = await withBudget("1.00");
      const ask = trackLlmCall({ ...MODEL, ...options, wflo, ...TEAM })(async () => {
        const down = Object.assign(new Error("down"), { status: 500 });
        await wflo.guardCall(request(TEAM), () => Promise.reject(down)).catch(() => {});
        return reply();
      });
      expect(await ask()).toEqual(reply());
      expect((await linesOf(wflo)).map(([kind, charged]) => [kind, charged])).toEqual([
        ["void", "0.00"],
        ["recorded", ANSWER_COST],
      ]);
    },
  );

  test("that fails once and is tried again with success, is charged once", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, hold: "0.20", wflo, ...TEAM })(async () => {
      const down = Object.assign(new Error("down"), { status: 500 });
      await wflo.guardCall(request(TEAM), () => Promise.reject(down)).catch(() => {});
      await wflo.guardCall(request(TEAM), async () => answer("up"));
      return reply();
    });
    await ask();
    expect((await linesOf(wflo)).map(([kind]) => kind)).toEqual(["void", "settle"]);
  });

  test("a single one that is not metered counts, whatever others do meanwhile", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(async (isMetered: boolean) => {
      if (!isMetered) return reply();
      await pause(10);
      return wflo.guardCall(request(), async () => answer(reply()));
    });
    await ask(true);
    await Promise.all([ask(true), ask(false)]);
    await expect(ask(true)).rejects.toMatchObject({ code: "WFLO_UNMETERED_CALL" });
  });

  test("it is not unmetered when that call was refused and the function answers without it", async () => {
    const wflo = await withBudget("0.10");
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(() =>
      wflo.guardCall(request({ hold: "0.50" }), async () => answer("yes")).catch(() => "sorry"),
    );
    for (let call = 0; call < 2; call += 1) expect(await ask()).toBe("sorry");
    expect(await linesOf(wflo)).toEqual([
      ["void", "0.00", undefined],
      ["void", "0.00", undefined],
    ]);
  });
});

describe("around a call that nothing meters, under a budget", () => {
  test("the first is charged as recorded, and later ones are refused before the function is called", async () => {
    const wflo = await withBudget("1.00");
    const fn = model();
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(fn);
    await ask();
    await expect(ask()).rejects.toMatchObject({
      code: "WFLO_UNMETERED_CALL",
      isRetryable: false,
      message: expect.stringMatching(/openai\/gpt-4\.1.*hold: "0\.05".*adapter.*mode: "record"/),
    });
    expect(fn).toHaveBeenCalledTimes(1);
    expect(await linesOf(wflo)).toEqual([["recorded", ANSWER_COST, undefined]]);
  });

  test("of calls at the same time only one is made before it is known", async () => {
    const wflo = await withBudget("1.00");
    const fn = vi.fn<() => Promise<object>>(async () => (await pause(20), reply()));
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(fn);
    const results = await Promise.allSettled([ask(), ask(), ask(), ask()]);
    expect(results.map(({ status }) => status).toSorted()).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("it is the same in a run, whose budget the wrapper does not name", async () => {
    const wflo = client();
    const fn = model();
    const ask = trackLlmCall(MODEL)(fn);
    const work = wflo.run({ budget: "1.00" }, async () => [await ask(), await ask()]);
    await expect(work).rejects.toMatchObject({ code: "WFLO_UNMETERED_CALL" });
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("one that fails lets the next one find out", async () => {
    const wflo = await withBudget("1.00");
    const fn = model().mockRejectedValueOnce(Object.assign(new Error("busy"), { status: 503 }));
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(fn);
    const results = await Promise.allSettled([ask(), ask(), ask()]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
    expect(fn).toHaveBeenCalledTimes(2);
  });

  test("a function that calls itself does not wait for itself", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, wflo, ...TEAM })(async (depth: number): Promise<object> =>
      depth > 0 ? ask(depth - 1) : reply(),
    );
    expect(await ask(2)).toEqual(reply());
    expect(await linesOf(wflo)).toEqual([["recorded", ANSWER_COST, undefined]]);
  });

  test('with mode "record" calls go on past the cap, until no money is left', async () => {
    const wflo = await withBudget("0.001");
    const fn = model();
    const ask = trackLlmCall({ ...MODEL, mode: "record", wflo, ...TEAM })(fn);
    for (let call = 0; call < 2; call += 1) await ask();
    await expect(ask()).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(fn).toHaveBeenCalledTimes(2);
    const [window] = (await wflo.budgets.get("team"))?.windows ?? [];
    expect(window).toMatchObject({ cap: "0.001", spent: "0.00164" });
  });
});

test("outside any budget calls are just recorded", async () => {
  const wflo = client();
  const ask = trackLlmCall({ ...MODEL, wflo, agent: "ada" })(model());
  for (let call = 0; call < 2; call += 1) await ask();
  expect(await linesOf(wflo)).toEqual([
    ["recorded", ANSWER_COST, "ada"],
    ["recorded", ANSWER_COST, "ada"],
  ]);
});

describe("what is charged", () => {
  test("is priced by the model that the response names", async () => {
    const wflo = client();
    const ask = trackLlmCall({ ...MODEL, wflo })(async () => reply({ model: "gpt-4.1-nano" }));
    await ask();
    expect(await wflo.calls.list()).toMatchObject([
      { charged: "0.000041", receipt: { servedModel: "gpt-4.1-nano" } },
    ]);
  });

  test.each([
    ["without usage", "answered", /no usage to be found in what askFor returned/],
    [
      "that is a stream",
      new ReadableStream(),
      /stream that it returned: use an adapter, or wflo\.guardStream/,
    ],
  ])("for a result %s is its hold, with one warning for each wrapper", async (_, result, reason) => {
    const warnings: string[] = [];
    const logger = { warn: (text: string) => void warnings.push(text), error() {} };
    const wflo = await withBudget("1.00", { logger, onMissingUsage: "allow" });
    const askFor = async () => result;
    for (let wrapper = 1; wrapper <= 2; wrapper += 1) {
      const ask = trackLlmCall({ ...MODEL, hold: "0.10", wflo, ...TEAM })(askFor);
      for (let call = 0; call < 3; call += 1) expect(await ask()).toBe(result);
      expect(warnings).toHaveLength(wrapper);
    }
    expect(warnings[0]).toMatch(reason);
    expect(
      (await linesOf(wflo)).every(([kind, charged]) => kind === "unmeasured" && charged === "0.10"),
    ).toBe(true);
  });

  test("without usage keeps further calls away for a while, as everywhere", async () => {
    const wflo = await withBudget("1.00");
    const ask = trackLlmCall({ ...MODEL, hold: "0.10", wflo, ...TEAM })(async () => "answered");
    await ask();
    await expect(ask()).rejects.toMatchObject({ code: "WFLO_MISSING_USAGE" });
  });
});

describe("the client", () => {
  test("is that of the run around", async () => {
    const wflo = client();
    const ask = trackLlmCall({ ...MODEL, hold: "0.10" })(model());
    await wflo.run({ budget: "1.00" }, () => ask());
    expect(await wflo.calls.list()).toMatchObject([{ charged: ANSWER_COST, runId: expect.any(String) }]);
  });

  test("is one in memory when the wrapper has a budget of its own", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const ask = trackLlmCall({ ...MODEL, hold: "0.10", budget: "0.10" })(model());
    await ask();
    await expect(ask()).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test("is asked for when there is none", async () => {
    const ask = trackLlmCall(MODEL)(model());
    await expect(ask()).rejects.toMatchObject({ code: "WFLO_NO_CLIENT" });
  });
});

describe("the wrapped function", () => {
  test("keeps name, length, properties and this", async () => {
    const wflo = client();
    const original = Object.assign(
      async function askFor(this: { readonly who: string }, what: string, why: string) {
        return { ...reply(), text: [this.who, what, why].join() };
      },
      { version: 3 },
    );
    const ask = trackLlmCall({ ...MODEL, wflo })(original);
    expect([ask.name, ask.length, (ask as unknown as typeof original).version]).toEqual(["askFor", 2, 3]);
    expect(await ask.call({ who: "Ada" }, "x", "y")).toMatchObject({ text: "Ada,x,y" });
  });

  test("always returns a promise, also of what a function returns or throws at once", async () => {
    const wflo = client();
    const track = trackLlmCall({ ...MODEL, wflo });
    const ask: () => Promise<object> = track(() => reply());
    expect(await ask()).toEqual(reply());
    const failing = track((): object => {
      throw new TypeError("no");
    });
    await expect(failing()).rejects.toThrow(TypeError);
  });

  test("is charged once when it is wrapped twice, with the inner wrapper's agent and the outer's hold", async () => {
    const wflo = await withBudget("1.00");
    const inner = trackLlmCall({ ...MODEL, agent: "inner", wflo })(model());
    const outer = trackLlmCall({ ...MODEL, agent: "outer", hold: "0.20", wflo, ...TEAM })(inner);
    for (let call = 0; call < 2; call += 1) await outer();
    const line = { kind: "settle", held: "0.20", charged: ANSWER_COST, agent: "inner" };
    expect(await wflo.calls.list()).toMatchObject([line, line]);
  });

  test("is no class", () => {
    const Ask = trackLlmCall({ ...MODEL, hold: 1 })(function ask() {}) as unknown as new () => object;
    expect(() => new Ask()).toThrow(/called with new/);
  });
});

test("what cannot mean anything is refused when it is wrapped, by a sentence", () => {
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => trackLlmCall(model() as never), /provider/],
    [() => trackLlmCall({ ...MODEL, model: "" }), /The model of trackLlmCall/],
    [() => trackLlmCall({ ...MODEL, mode: "all" as never }), /"record", or left out/],
    [() => trackLlmCall({ ...MODEL, mode: "record", hold: 1 }), /leave mode: "record" out/],
    [() => trackLlmCall({ ...MODEL, hold: "a lot" }), /amount/],
    [() => trackLlmCall({ ...MODEL, budgets: "team" as never }), /list of ids/],
    [() => trackLlmCall(null as never), /options first/],
    [() => trackLlmCall({ ...MODEL, mode: Object.create(null) as never }), /or left out, not of type object/],
    [() => trackLlmCall({ ...MODEL, budgets: ["team", 3] as never }), /list of ids/],
    [() => trackLlmCall({ ...MODEL, wflo: {} as never }), /wflo of trackLlmCall is a client/],
    [() => trackLlmCall({ ...MODEL, wflo: null as never }), /wflo of trackLlmCall is a client/],
    [() => trackLlmCall(MODEL)(3 as never), /takes a function, not number/],
    [() => trackLlmCall(MODEL)(null as never), /takes a function, not null/],
    [() => trackLlmCall(MODEL)(model(), "ask" as never), /experimentalDecorators/],
    [
      () => trackLlmCall(MODEL)(model(), { kind: "getter", name: "ask" } as never),
      /getter cannot be wrapped/,
    ],
  ];
  for (const [wrap, sentence] of refused) expect(wrap).toThrow(sentence);
});

test(
  "decorates methods, static ones, private ones and function fields, compiled by tsc",
  { timeout: 60_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wflo-decorators-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    // The types are checked with everything else; here the fixture is compiled alone.
    const options =
      "--ignoreConfig --noCheck --noResolve --target es2022 --module esnext --moduleDetection force";
    const source = join(fixtures, "decorators.ts");
    const args = [tsc, ...options.split(" "), "--rootDir", fixtures, "--outDir", folder, source];
    execFileSync(process.execPath, args, { stdio: "pipe" });
    const compiled = pathToFileURL(join(folder, "decorators.js")).href;
    const told = execFileSync(process.execPath, [join(fixtures, "run-decorators.ts"), compiled], {
      encoding: "utf8",
    });
    const held = { kind: "settle", held: "0.10", charged: ANSWER_COST };
    expect(JSON.parse(told)).toEqual({
      asked: "Ada: why?",
      texts: ["Ada: why?", "Ada: why? how?", "hello", "Ada, who?", "Ada"],
      members: [
        ["ask", 1],
        ["askTwice", 2],
        ["greet", 0],
      ],
      lines: [
        held,
        { ...held, agent: "inner" },
        held,
        { kind: "recorded", held: "0.000000001", charged: ANSWER_COST },
        held,
      ],
    });
  },
);
