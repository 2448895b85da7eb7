import {
  BudgetExceededError,
  BudgetPausedError,
  createWflo,
  InvalidAmountError,
  isBudgetExceeded,
  MissingUsageError,
  UnboundedRequestError,
  UnknownBudgetError,
  UnknownPriceError,
  WfloError,
  type Grant,
  type Outcome,
} from "@wflo/core";
import { describe, expect, test, vi } from "vitest";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";
import { oneBudget, under } from "./support/one-budget.ts";

const client = oneBudget();
const { budget } = client;

describe("a guarded call", () => {
  test("charges exactly what the answer's usage costs, and holds nothing afterwards", async () => {
    await budget("1.00");
    expect(await client.wflo.guardCall(request(under), async () => answer("hi"))).toBe("hi");
    await client.wflo.flush();
    const state = await client.wflo.budgets.get("b");
    expect(state?.windows[0]).toMatchObject({ spent: ANSWER_COST, reserved: "0.00", overrun: "0.00" });
  });

  test("holds its bound while it is open", async () => {
    await budget("100.00");
    await client.wflo.guardCall(request({ ...under, maxOutputTokens: 1_000 }), async () => {
      // 5 bytes + 512 tokens of overhead at $2, 1,000 tokens at $8 a million.
      expect((await client.wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("0.009034");
      return answer(1);
    });
  });

  test("leaves the request alone while money is plentiful, and writes an output cap when it is short", async () => {
    const caps: (number | undefined)[] = [];
    const attempt = async (grant: Grant) => {
      caps.push(grant.maxOutputTokens);
      return answer(1);
    };
    await budget("100.00");
    await client.wflo.guardCall(request(under), attempt);
    await budget("0.02");
    await client.wflo.guardCall(request(under), attempt);
    expect(caps[0]).toBeUndefined();
    // Twice the longest answer so far would be 200: the least that is worth asking for is 1,024.
    expect(caps[1]).toBe(1_024);
  });

  test("on no budget is never capped, and is noted at what is likely should it be in doubt", async () => {
    const unknownMaximum = createWflo({ logger: false, prices: { "acme/m": { input: "1", output: "10" } } });
    const grants = await Promise.all(
      ["m", "gpt-4.1"].map((model) =>
        unknownMaximum.guardCall(
          request({ provider: model === "m" ? "acme" : "openai", model }),
          async (grant) => ({
            value: grant.maxOutputTokens,
            outcome: { kind: "doubt", reason: "no answer" },
          }),
        ),
      ),
    );
    expect(grants).toEqual([undefined, undefined]);
    // 517 input tokens and the 8,192 output tokens that are wanted at first.
    expect((await unknownMaximum.calls.list()).map((line) => line.charged)).toEqual(["0.082437", "0.06657"]);
  });

  test("does not lower the caller's own output cap unless told to", async () => {
    await budget("0.02");
    const own = { ...under, maxOutputTokens: 10_000 };
    await expect(client.wflo.guardCall(request(own), async () => answer(1))).rejects.toThrow(
      BudgetExceededError,
    );
    const cap = await client.wflo.guardCall(request({ ...own, clamp: true }), async (grant) =>
      answer(grant.maxOutputTokens),
    );
    expect(cap).toBeLessThan(10_000);
  });

  test("refuses before anything is sent when the money is gone, with a sentence to act on", async () => {
    await budget("0.001");
    const attempt = vi.fn<() => never>();
    const error = await client.wflo.guardCall(request(under), attempt).catch((thrown: unknown) => thrown);
    expect(attempt).not.toHaveBeenCalled();
    expect(isBudgetExceeded(error)).toBe(true);
    expect(error).toMatchObject({
      budgetId: "b",
      cap: "0.001",
      spent: "0.00",
      needed: "0.009226",
      status: 402,
      isRetryable: false,
    });
    expect((error as Error).message).toBe(
      "Budget b has $0.001 left of $0.001; this call may cost up to $0.009226. Raise the cap or lower maxOutputTokens.",
    );
  });

  test("is held on every budget at once, or on none", async () => {
    await budget("1.00");
    await client.wflo.budgets.set({ id: "small", caps: { day: "0.001" } });
    const both = request({ budgets: ["b", "small"] });
    await expect(client.wflo.guardCall(both, async () => answer(1))).rejects.toMatchObject({
      budgetId: "small",
    });
    expect((await client.wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("0.00");
  });

  test.each<[Outcome, string, string]>([
    [{ kind: "rejected", reason: "HTTP 429" }, "void", "0.00"],
    [{ kind: "doubt", reason: "HTTP 504" }, "doubt", "0.009034"],
    [{ kind: "cut", reason: "gone" }, "estimate", "0.009034"],
    [{ kind: "answered", usage: undefined }, "unmeasured", "0.009034"],
    [
      { kind: "answered", usage: { inputTokens: 10, outputTokens: 100 }, serviceTier: "ultrafast" },
      "unmeasured",
      "0.009034",
    ],
  ])("outcome %j is a %s entry of $%s", async (outcome, kind, charged) => {
    await budget("100.00");
    await client.wflo.guardCall(request({ ...under, maxOutputTokens: 1_000 }), async () => ({
      value: 1,
      outcome,
    }));
    expect(await client.wflo.calls.list()).toMatchObject([{ kind, charged, inDoubt: kind === "doubt" }]);
  });

  test.each([
    [Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } }), "void"],
    [Object.assign(new Error("tls"), { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" }), "void"],
    [Object.assign(new Error("tls"), { code: "ERR_SSL_WRONG_VERSION_NUMBER" }), "void"],
    [Object.assign(new Error("connect"), { code: "ETIMEDOUT", syscall: "connect" }), "void"],
    [Object.assign(new Error("read"), { code: "ETIMEDOUT", syscall: "read" }), "doubt"],
    [
      Object.assign(
        new Error("Client network socket disconnected before secure TLS connection was established"),
        { code: "ECONNRESET" },
      ),
      "void",
    ],
    [Object.assign(new Error("rate limited"), { status: 429 }), "void"],
    [Object.assign(new Error("bad gateway"), { status: 502 }), "void"],
    [Object.assign(new Error("gateway timeout"), { status: 504 }), "doubt"],
    [Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }), "doubt"],
    [new Error("a bug after the answer"), "doubt"],
  ])("a call that throws %s is a %s entry, and the caller gets the same error", async (error, kind) => {
    await budget("1.00");
    const attempt = () => Promise.reject(error);
    await expect(client.wflo.guardCall(request(under), attempt)).rejects.toBe(error);
    expect((await client.wflo.calls.list())[0]?.kind).toBe(kind);
  });

  test("records a bill above its hold as overrun and then refuses", async () => {
    await budget("0.02");
    await client.wflo.guardCall(request({ ...under, maxOutputTokens: 100 }), async () =>
      answer(1, { outputTokens: 5_000 }),
    );
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]).toMatchObject({
      spent: "0.04002",
      overrun: "0.038186",
      free: "0.00",
    });
    await expect(client.wflo.guardCall(request(under), async () => answer(1))).rejects.toThrow(
      BudgetExceededError,
    );
  });

  test("prices the model that served it, where that has a price", async () => {
    await budget("1.00");
    const outcome: Outcome = {
      kind: "answered",
      usage: { inputTokens: 1_000, outputTokens: 0 },
      model: "gpt-4.1-nano-2025-04-14",
    };
    await client.wflo.guardCall(request(under), async () => ({ value: 1, outcome }));
    expect((await client.wflo.calls.list())[0]).toMatchObject({
      charged: "0.0001",
      model: "gpt-4.1",
      receipt: { servedModel: "gpt-4.1-nano-2025-04-14" },
    });
  });
});

test("a hand-written attempt may return value and usage, and parts may be plain texts with tools beside them", async () => {
  await budget("100.00");
  const tools = [{ name: "look", parameters: {} }];
  const plain = { ...request(under), parts: ["hello"], tools, maxOutputTokens: 1_000 };
  const value = await client.wflo.guardCall(plain, async () => {
    // The text's 5 bytes, the tools. 46, and 512 tokens of overhead at $2; 1,000 tokens at $8 a million.
    expect((await client.wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("0.009126");
    return { value: "hi", usage: { inputTokens: 10, outputTokens: 100 } };
  });
  expect([value, (await client.wflo.calls.list())[0]?.charged]).toEqual(["hi", ANSWER_COST]);
});

test.each([
  { model: "" },
  { provider: undefined as unknown as string },
  { parts: undefined as unknown as [] },
  { maxOutputTokens: Number.NaN },
  { maxOutputTokens: -1 },
  { maxOutputTokens: 1.5 },
  { outputs: 0 },
  { timeoutMs: Number.NaN },
  { hold: "-1" },
  { callId: "not-a-uuid" },
])("a request with %j is refused before anything is sent", async (change) => {
  const attempt = vi.fn<() => never>();
  await expect(client.wflo.guardCall(request(change), attempt)).rejects.toThrow(WfloError);
  expect(attempt).not.toHaveBeenCalled();
});

describe("what cannot be bounded or counted", () => {
  test("budgets that are one text are refused, not read letter by letter", async () => {
    const call = client.wflo.guardCall(request({ budgets: "b" as never }), async () => answer("hi"));
    await expect(call).rejects.toThrow('The budgets of a call are a list of ids, such as ["user/42"].');
  });

  test("a budget that does not exist is an error that says how to make it", async () => {
    await expect(client.wflo.guardCall(request(under), async () => answer(1))).rejects.toThrow(
      UnknownBudgetError,
    );
  });

  test("a model without a price is refused under a budget, and recorded as unknown without one", async () => {
    await budget("1.00");
    const unknown = request({ model: "gpt-5.2-proo", ...under });
    await expect(client.wflo.guardCall(unknown, async () => answer(1))).rejects.toThrow(UnknownPriceError);
    await client.wflo.guardCall({ ...unknown, budgets: [] }, async () => answer(1));
    expect((await client.wflo.calls.list())[0]).toMatchObject({
      kind: "unmeasured",
      charged: "0.00",
      receipt: { costKind: "unknown" },
    });
  });

  test("a model without a price is charged at its hold when one is given", async () => {
    await budget("1.00");
    await client.wflo.guardCall(request({ model: "gpt-5.2-proo", hold: "0.25", ...under }), async () =>
      answer(1),
    );
    expect((await client.wflo.calls.list())[0]).toMatchObject({ kind: "unmeasured", charged: "0.25" });
  });

  test("work of the provider beyond the request needs a hold", async () => {
    await budget("1.00");
    const search = request({ parts: [{ kind: "unbounded", what: "web search" }], ...under });
    await expect(client.wflo.guardCall(search, async () => answer(1))).rejects.toThrow(UnboundedRequestError);
    await client.wflo.guardCall({ ...search, hold: "0.10" }, async () => answer(1));
    await client.wflo.flush();
    expect((await client.wflo.budgets.get("b"))?.windows[0]?.spent).toBe(ANSWER_COST);
  });

  test("an image is bounded by the model's context window", async () => {
    await budget("100.00");
    await client.wflo.guardCall(
      request({ parts: [{ kind: "opaque", what: "an image" }], maxOutputTokens: 0, ...under }),
      async () => {
        // 1,047,576 tokens of context and 512 of overhead at $2 a million.
        expect((await client.wflo.budgets.get("b"))?.windows[0]?.reserved).toBe("2.096176");
        return answer(1);
      },
    );
  });

  test("after an answer without usage the model's next call is refused, unless that was allowed", async () => {
    await budget("10.00");
    const silent = async () => ({ value: 1, outcome: { kind: "answered", usage: undefined } as const });
    await client.wflo.guardCall(request(under), silent);
    await expect(client.wflo.guardCall(request(under), silent)).rejects.toThrow(MissingUsageError);
    const lenient = createWflo({ logger: false, onMissingUsage: "allow" });
    await lenient.budgets.set({ id: "b", caps: { total: "10.00" } });
    await lenient.guardCall(request(under), silent);
    await expect(lenient.guardCall(request(under), silent)).resolves.toBe(1);
  });
});

describe("budgets", () => {
  test("a paused budget lets no call start until it is resumed", async () => {
    await budget("1.00");
    await client.wflo.budgets.pause("b");
    await expect(client.wflo.guardCall(request(under), async () => answer(1))).rejects.toThrow(
      BudgetPausedError,
    );
    await client.wflo.budgets.resume("b");
    await expect(client.wflo.guardCall(request(under), async () => answer(1))).resolves.toBe(1);
  });

  test.each(["-1", -1, Number.NaN, Number.POSITIVE_INFINITY, "0.0000000001", "1e30", "five", ""])(
    "a cap of %s is an InvalidAmountError",
    async (cap) => {
      await expect(client.wflo.budgets.set({ id: "b", caps: { total: cap } })).rejects.toThrow(
        InvalidAmountError,
      );
    },
  );

  test("warns once for each share that is passed", async () => {
    const shares: number[] = [];
    client.wflo.on("budget-warning", ({ share }) => shares.push(share));
    await client.wflo.budgets.set({ id: "b", caps: { total: "0.02" }, warnAt: [0.01, 0.08, 0.9] });
    for (let call = 0; call < 4; call++) {
      await client.wflo.guardCall(request({ ...under, maxOutputTokens: 200 }), async () => answer(1));
      await client.wflo.flush();
      await pause(5);
    }
    expect(shares).toEqual([0.01, 0.08]);
  });
});
