import {
  BudgetBusyError,
  BudgetExceededError,
  BudgetPausedError,
  CallConflictError,
  memoryDatabase,
  systemClock,
} from "@wflo/core";
import { expect, test } from "vitest";
import { CALL, leasedClient, settled } from "./support/leased-client.ts";
import { answer, pause, request } from "./support/model.ts";

/** A call within a call takes its hold over: also what is held on a lease must be looked at as the store would. */

const ID = "018f0000-0000-7000-8000-000000000001";

test("a call inside takes over what a call on a lease holds, also when all the rest is taken", async () => {
  const { wflo, other, books } = await leasedClient();
  const hold = ((await books()).reserved * 0.9).toFixed(6);
  const inner = await wflo.guardCall(request({ budgets: ["org"], hold }), async () => {
    const end = Promise.withResolvers<void>();
    const { free } = await books();
    const rest = other.guardCall(request({ budgets: ["org"], hold: free }), async () => {
      await end.promise;
      return answer("rest");
    });
    await pause(20);
    const value = await settled(
      wflo.guardCall(request({ budgets: ["org"], hold }), async () => answer("inner")),
    );
    end.resolve();
    await rest;
    return answer(value);
  });
  expect(inner).not.toBeInstanceOf(BudgetBusyError);
  expect(inner).toBe("inner");
});

test("a call inside takes over on a lease that is over as well, and nothing is held twice", async () => {
  const { wflo, books } = await leasedClient();
  const end = Promise.withResolvers<void>();
  const long = wflo.guardCall(request(CALL), async () => {
    await end.promise;
    return answer("long");
  });
  const hold = "0.5";
  await wflo.guardCall(request({ budgets: ["org"], hold }), async () => {
    await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
    await pause(100);
    const { reserved: before } = await books();
    await wflo.guardCall(request({ budgets: ["org"], hold }), async () => {
      await pause(100);
      expect((await books()).reserved).toBeCloseTo(before, 8);
      return answer("inner");
    });
    return answer("outer");
  });
  end.resolve();
  await long;
});

test("nothing is held on what was free of a lease that is over: that was given back", async () => {
  const { wflo, other, books } = await leasedClient();
  const inner = await wflo.guardCall(request({ budgets: ["org"], hold: "0.1" }), async () => {
    await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
    await pause(150);
    const { free } = await books();
    await other.guardCall(request({ budgets: ["org"], price: free }), async () => answer("rest"));
    await other.flush();
    return answer(
      await settled(wflo.guardCall(request({ budgets: ["org"], price: "0.9" }), async () => answer("inner"))),
    );
  });
  expect(inner).toBeInstanceOf(BudgetExceededError);
  await wflo.flush();
  expect((await books()).spent).toBeLessThanOrEqual(100);
});

test("a call inside whose id its caller chose is compared with what the store knows", async () => {
  const { wflo, call, books } = await leasedClient();
  await call({ callId: ID });
  await wflo.flush();
  const { spent } = await books();
  let made = 0;
  await wflo.guardCall(request({ budgets: ["org"], hold: "0.1" }), async () => {
    const inner = request({ budgets: ["org"], hold: "0.1", callId: ID });
    const refusal = await settled(wflo.guardCall(inner, async () => answer((made += 1))));
    expect(refusal).toBeInstanceOf(CallConflictError);
    return answer("outer");
  });
  await wflo.flush();
  expect(made).toBe(0);
  expect((await books()).spent).toBeGreaterThan(spent);
});

test.each([
  ["paused", BudgetPausedError, (wflo) => wflo.budgets.pause("org")],
  ["lowered", BudgetExceededError, (wflo) => wflo.budgets.set({ id: "org", caps: { total: "0.02" } })],
] as const satisfies readonly (readonly [
  string,
  unknown,
  (wflo: Awaited<ReturnType<typeof leasedClient>>["wflo"]) => Promise<unknown>,
])[])("a call inside is refused once its budget is %s", async (_, refused, change) => {
  const { wflo } = await leasedClient({ waitMs: 200 });
  const inner = await wflo.guardCall(request({ budgets: ["org"], hold: "0.1" }), async () => {
    await change(wflo);
    await pause(100);
    const made = wflo.guardCall(request({ budgets: ["org"], hold: "0.1" }), async () => answer("inner"));
    return answer(await settled(made));
  });
  expect(inner).toBeInstanceOf(refused);
});

test("a call inside belongs to the window in which it begins", async () => {
  let offset = Date.UTC(2030, 0, 1, 23, 59, 50) - Date.now();
  const now = () => Date.now() + offset;
  const bare = memoryDatabase({ now });
  const { wflo, other } = await leasedClient(
    { bare, clock: { ...systemClock, now } },
    { caps: { day: "100.00" } },
  );
  await wflo.guardCall(request({ budgets: ["org"], hold: "0.1" }), async () => {
    offset += 12_000;
    await wflo.guardCall(request({ budgets: ["org"], price: "0.1" }), async () => answer("inner"));
    return answer("outer");
  });
  await wflo.flush();
  expect((await other.budgets.get("org"))?.windows[0]?.spent).toBe("0.10");
});
