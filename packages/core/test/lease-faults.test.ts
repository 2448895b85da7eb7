import {
  BudgetExceededError,
  BudgetPausedError,
  CallConflictError,
  createWflo,
  InvalidOptionError,
  memoryDatabase,
  StoreUnavailableError,
  systemClock,
  type Clock,
} from "@wflo/core";
import { describe, expect, test } from "vitest";
import { fastClock } from "./support/fast-clock.ts";
import { CALL, down, leasedClient, settled } from "./support/leased-client.ts";
import { answer, ANSWER_COST, pause, request } from "./support/model.ts";

const ID = "018f0000-0000-7000-8000-000000000001";

test("a call that is given up while a lease is taken is not granted afterwards", async () => {
  const { hook, wflo, other, books } = await leasedClient();
  await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
  await pause(1_100);
  hook.f = async (name, [asked], go) => {
    const isLease = name === "reserve" && (asked as { label: { model: string } }).label.model === "lease";
    if (isLease) await pause(100);
    return go();
  };
  const { signal, abort } = leaving();
  const calls = Array.from({ length: 20 }, () =>
    settled(wflo.guardCall(request({ budgets: ["org"], hold: "0.04", signal }), async () => answer(1))),
  );
  await pause(30);
  abort();
  await Promise.all(calls);
  const { spent } = await books();
  await pause(1_600);
  expect((await books()).reserved).toBe(0);
  await wflo.close();
  expect((await books()).spent).toBe(spent);
  expect((await other.budgets.reconcile()).isExact).toBe(true);
});

function leaving() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test("a call id that its caller chose is compared with what the store knows", async () => {
  const { wflo, call, books } = await leasedClient();
  await call({ callId: ID });
  await wflo.flush();
  expect(await settled(call({ callId: ID }))).toBeInstanceOf(CallConflictError);
  expect((await books()).spent).toBeCloseTo(13 * Number(ANSWER_COST), 8);
});

test("the bill of a call that was closed in doubt corrects it, also while the doubt is on its way", async () => {
  const { hook, wflo, books } = await leasedClient({ drainMs: 100 });
  const { signal, abort } = leaving();
  const call = settled(
    wflo.guardCall(request({ ...CALL, hold: "0.5", signal }), async () => {
      await pause(500);
      return answer("late");
    }),
  );
  await pause(20);
  abort();
  await pause(50);
  hook.f = (name, _, go) => (name === "post" || name === "settle" ? down() : go());
  await call;
  await pause(700);
  hook.f = (_, __, go) => go();
  await pause(500);
  await wflo.flush();
  expect((await books()).spent).toBeCloseTo(13 * Number(ANSWER_COST), 8);
});

test("after a bill that no hold covered, the next call sees it", async () => {
  const { wflo, call } = await leasedClient();
  const huge = { outputTokens: 13_000_000 };
  await wflo.guardCall(request({ budgets: ["org"], record: true }), async () => answer("big", huge));
  expect(await settled(call())).toBeInstanceOf(BudgetExceededError);
});

test("while such a bill cannot be booked, no call is made, and none waits for ever", async () => {
  const { hook, wflo, call } = await leasedClient();
  hook.f = (name, _, go) => (name === "post" ? down() : go());
  const huge = { outputTokens: 13_000_000 };
  const recorded = wflo.guardCall(request({ budgets: ["org"], record: true }), async () =>
    answer("big", huge),
  );
  await pause(50);
  expect(await settled(call())).toBeInstanceOf(StoreUnavailableError);
  hook.f = (_, __, go) => go();
  expect(await recorded).toBe("big");
  expect(await settled(call())).toBeInstanceOf(BudgetExceededError);
});

test("a bill above its hold takes nothing from what is set aside for other open calls", async () => {
  const { wflo, other, books } = await leasedClient();
  const [a, b] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const open = async (until: Promise<void>, outputTokens: number) =>
    wflo.guardCall(request({ budgets: ["org"], hold: "0.45" }), async () => {
      await until;
      return answer("done", { outputTokens });
    });
  const [first, second] = [open(a.promise, 112_500), open(b.promise, 56_000)];
  await pause(20);
  a.resolve();
  await first;
  await wflo.flush();
  await pause(50);
  expect((await books()).reserved).toBeGreaterThanOrEqual(0.45);
  b.resolve();
  await second;
  await wflo.flush();
  expect((await other.budgets.reconcile()).isExact).toBe(true);
});

test("nothing is held on a lease that the store may think over, when a process wakes from a long sleep", async () => {
  let offset = 0;
  const now = () => Date.now() + offset;
  const clock: Clock = {
    now,
    monotonic: () => performance.now(),
    schedule(task, delayMs) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const { bare, other, call, books } = await leasedClient(
    { bare: memoryDatabase({ now }), clock },
    { onExpiry: "release" },
  );
  offset = 31_000;
  await bare.ledger.expire(10);
  const { free } = await books();
  const rest = request({ budgets: ["org"], price: free });
  await other.guardCall(rest, async () => answer("rest"));
  await other.flush();
  expect(await settled(call())).toBeInstanceOf(BudgetExceededError);
  expect((await books()).spent).toBe(100);
});

test.each([
  ["a cap that is lowered", { caps: { total: "0.001" } }],
  ["a parent that has no money", { caps: { total: "100.00" }, parent: "team" }],
])("%s by another process counts within a second", async (_, change) => {
  const { other, call } = await leasedClient();
  await other.budgets.set({ id: "team", caps: { total: "0.0001" } });
  await other.budgets.set({ id: "org", ...change });
  const started = performance.now();
  const calling = async () => {
    while (performance.now() - started < 2_000) {
      await call();
      await pause(5);
    }
  };
  expect(await settled(calling())).toBeInstanceOf(BudgetExceededError);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("a pause by another process counts within a second where calls are long", async () => {
  const { other, call, wflo } = await leasedClient();
  const end = Promise.withResolvers<void>();
  const long = async () => {
    await end.promise;
    return answer("done");
  };
  const open: Promise<unknown>[] = [];
  await other.budgets.pause("org");
  const started = performance.now();
  let refusal: unknown;
  while (refusal === undefined && performance.now() - started < 3_000) {
    open.push(
      wflo
        .guardCall(request({ ...CALL, timeoutMs: 60_000 }), long)
        .catch((error: unknown) => void (refusal = error)),
    );
    await pause(50);
    if (performance.now() - started > 900) break;
  }
  end.resolve();
  await Promise.all(open);
  expect(await settled(call())).toBeInstanceOf(BudgetPausedError);
});

test.each([{ settle: "await" }, { waitUntil: () => {} }] as const)(
  "lease and %o exclude each other",
  (options) => {
    expect(() => createWflo({ ...options, lease: ["org"], logger: false })).toThrow(InvalidOptionError);
  },
);

test("closing says so when the database takes no bills, and nothing is sent afterwards", async () => {
  const { clock } = fastClock();
  const { hook, wflo, call } = await leasedClient({ clock });
  await Promise.all(Array.from({ length: 5 }, () => call()));
  let asked = 0;
  hook.f = () => ((asked += 1), down());
  expect(await settled(wflo.close())).toBeInstanceOf(StoreUnavailableError);
  asked = 0;
  await pause(300);
  expect(asked).toBe(0);
});

test("lists and corrections say so as well, instead of waiting for ever", async () => {
  const { clock } = fastClock();
  const { hook, wflo, call } = await leasedClient({ clock });
  await call();
  hook.f = (name, _, go) => (name === "post" ? down() : go());
  expect(await settled(wflo.calls.list({ limit: 1 }))).toBeInstanceOf(StoreUnavailableError);
});

test("flush waits for what was settled before it, not for what comes after", async () => {
  const { hook, wflo, call } = await leasedClient();
  hook.f = async (name, _, go) => {
    if (name === "post") await pause(5);
    return go();
  };
  let isOver = false;
  const calling = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      await call();
      await pause(1);
    }
  });
  await pause(50);
  const started = performance.now();
  await wflo.flush();
  expect(performance.now() - started).toBeLessThan(1_000);
  isOver = true;
  await Promise.all(calling);
});

test("all leases of a process on a budget have a twentieth of it at most", async () => {
  const { wflo, books } = await leasedClient();
  const users = Array.from({ length: 40 }, (_, at) => `user/${at}`);
  for (const id of users) await wflo.budgets.set({ id, caps: { total: "100.00" }, parent: "org" });
  for (let round = 0; round < 14; round += 1)
    await Promise.all(
      users.map((id) => wflo.guardCall(request({ ...CALL, budgets: [id] }), async () => answer("done"))),
    );
  await wflo.flush();
  const { spent, reserved } = await books();
  expect(reserved).toBeGreaterThan(1);
  expect(reserved).toBeLessThanOrEqual((100 - spent) / 20);
});

test("a clock that is set back keeps no lease from being given back", async () => {
  const { clock, jump } = fastClock();
  const { books } = await leasedClient({ clock });
  jump(-3_600_000);
  await pause(400);
  expect((await books()).reserved).toBe(0);
});

test("a host whose clock is a day ahead takes no lease for each call", async () => {
  const day = 24 * 60 * 60 * 1_000;
  const clock = { ...systemClock, now: () => Date.now() + day };
  const { hook, wflo, call, books } = await leasedClient({ clock }, { caps: { day: "100.00" } });
  let taken = 0;
  hook.f = (name, [asked], go) => {
    if (name === "reserve" && (asked as { label: { model: string } }).label.model === "lease") taken += 1;
    return go();
  };
  const until = performance.now() + 1_500;
  while (performance.now() < until) {
    await call();
    await pause(1);
  }
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(4);
  await wflo.close();
  expect((await books()).reserved).toBe(0);
});

test("a warning that is due when a lease is given back is told", async () => {
  const { wflo, call } = await leasedClient({}, { warnAt: [0.5] });
  const told: number[] = [];
  wflo.on("budget-warning", ({ share }) => void told.push(share));
  for (let made = 0; made < 50; made += 1) await call();
  await wflo.flush();
  await pause(30);
  await wflo.budgets.set({ id: "org", caps: { total: "0.09" }, warnAt: [0.5] });
  await pause(200);
  await call();
  await wflo.flush();
  expect(told).toEqual([0.5]);
});

test("what a lease that ends while its bills are posted does not need goes back at once", async () => {
  const { hook, wflo, call, books } = await leasedClient();
  const end = Promise.withResolvers<void>();
  const long = wflo.guardCall(request(CALL), async () => {
    await end.promise;
    return answer("long");
  });
  hook.f = async (name, _, go) => {
    const result = await go();
    if (name === "post") await pause(60);
    return result;
  };
  await call();
  await pause(40);
  await wflo.budgets.pause("org");
  await pause(400);
  expect((await books()).reserved).toBeLessThan(0.01);
  end.resolve();
  await long;
});

test("a bill that the database cannot take holds up no other", async () => {
  const { hook, call, books } = await leasedClient();
  let poison: string | undefined;
  hook.f = (name, args, go) => {
    const calls = name === "post" ? (args[1] as { calls: readonly { callId: string }[] }).calls : [];
    poison ??= calls[0]?.callId;
    return calls.some(({ callId }) => callId === poison) ? down() : go();
  };
  for (let made = 0; made < 20; made += 1) await settled(call());
  await pause(1_500);
  expect((await books()).spent).toBeGreaterThan(20 * Number(ANSWER_COST));
});

test("a lease that is long in coming is given back all the same", async () => {
  let offset = 0;
  const { clock } = fastClock();
  const bare = memoryDatabase({ now: () => Date.now() + offset });
  const { hook, wflo, call, books } = await leasedClient({ bare, clock });
  let isAsked = false;
  hook.f = async (name, [asked], go) => {
    if (name === "reserve" && (asked as { label: { model: string } }).label.model === "lease") {
      isAsked = true;
      await pause(400);
    }
    return go();
  };
  while (!isAsked) await call();
  await wflo.flush();
  const { spent } = await books();
  await pause(800);
  expect((await books()).reserved).toBe(0);
  await wflo.close();
  offset = 31_000;
  await bare.ledger.expire(10);
  expect((await books()).spent).toBe(spent);
});

describe("a lease that was taken, but whose answer was lost,", () => {
  const isLease = (name: string, [asked]: readonly unknown[]) =>
    name === "reserve" && (asked as { label: { model: string } }).label.model === "lease";

  test("is given back, and charged to nobody", async () => {
    let offset = 0;
    const bare = memoryDatabase({ now: () => Date.now() + offset });
    const { hook, wflo, call, books } = await leasedClient({ bare });
    await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
    await pause(1_100);
    let lost = 0;
    hook.f = async (name, args, go) => {
      const result = await go();
      if (!isLease(name, args)) return result;
      lost += 1;
      return lost === 1 ? down() : result;
    };
    while (lost === 0) await call();
    await wflo.close();
    const { spent, reserved } = await books();
    expect(reserved).toBe(0);
    offset = 31_000;
    await bare.ledger.expire(10);
    expect((await books()).spent).toBe(spent);
  });

  test("is the last that is asked for until the database has it back", async () => {
    const { hook, wflo, call, books } = await leasedClient();
    await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
    await pause(1_100);
    let lost = 0;
    let isAway = true;
    hook.f = async (name, args, go) => {
      if (name === "settle" && isAway && (args[1] as { kind: string }[])[0]?.kind === "void") return down();
      const result = await go();
      if (!isLease(name, args) || !isAway) return result;
      lost += 1;
      return down();
    };
    const until = performance.now() + 2_500;
    while (performance.now() < until) {
      await call();
      // Settles leave when a turn of the event loop is over.
      await pause(1);
    }
    expect(lost).toBe(1);
    isAway = false;
    await wflo.close();
    expect((await books()).reserved).toBe(0);
  });

  test("keeps no process from ending that has closed meanwhile", async () => {
    const { clock } = fastClock();
    const { hook, wflo, call } = await leasedClient({ clock });
    await wflo.budgets.set({ id: "org", caps: { total: "100.00" } });
    await pause(1_100);
    const answered = Promise.withResolvers<never>();
    let asked = 0;
    let sent = 0;
    hook.f = (name, args, go) => {
      sent += 1;
      if (name === "settle") return down();
      if (!isLease(name, args)) return go();
      asked += 1;
      return answered.promise;
    };
    const calls = Array.from({ length: 12 }, () => settled(call()));
    while (asked === 0) await pause(1);
    await settled(wflo.close());
    answered.reject(new StoreUnavailableError("gone"));
    await Promise.all(calls);
    const before = sent;
    await pause(300);
    expect(sent).toBe(before);
  });
});

test("after a bill that no hold covered, leases of other sets of its budgets are over too", async () => {
  const { wflo, call, books } = await leasedClient();
  await wflo.budgets.set({ id: "team", caps: { total: "1000.00" } });
  for (let made = 0; made < 30; made += 1) await call({ budgets: ["org", "team"] });
  const huge = { outputTokens: 13_000_000 };
  await wflo.guardCall(request({ budgets: ["org"], record: true }), async () => answer("big", huge));
  await wflo.flush();
  const { spent } = await books();
  expect(spent).toBeGreaterThan(100);
  expect(await settled(call({ budgets: ["org", "team"] }))).toBeInstanceOf(BudgetExceededError);
  expect((await books()).spent).toBe(spent);
});
