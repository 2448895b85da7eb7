import { createWflo, type WfloEvents } from "@wflo/core";
import { expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const files = useDatabase();
const USERS = Array.from({ length: 25 }, (_, index) => `user/${index}`);

test("makes each budget once, however many processes name it at the same moment", async () => {
  const created: WfloEvents["budget-created"][] = [];
  const clients = Array.from({ length: 4 }, () => {
    const wflo = createWflo({ database: files.open({ max: 4 }), logger: false });
    wflo.on("budget-created", (event) => created.push(event));
    return wflo;
  });
  const [first] = clients;
  await first?.budgets.setDefault({ match: "user/*", caps: { month: "1.00" }, timeZone: "Asia/Tokyo" });
  await first?.budgets.setDefault({ match: "user/1*", caps: { day: "0.50", month: "2.00" } });
  const calls = USERS.flatMap((id) =>
    clients.map((wflo) =>
      wflo.guardCall(
        { provider: "openai", model: "gpt-4.1-mini", parts: [], hold: "0.10", budgets: [id] },
        async () => ({
          value: id,
          outcome: { kind: "answered" as const, usage: { inputTokens: 10, outputTokens: 1 } },
        }),
      ),
    ),
  );
  expect(await Promise.all(calls)).toHaveLength(100);
  expect(created.map(({ budgetId }) => budgetId).toSorted()).toEqual(USERS.toSorted());
  for (const { budgetId, match, caps } of created) {
    const isLong = budgetId.length > "user/1".length && budgetId.startsWith("user/1");
    const wanted = isLong ? ["user/1*", { day: "0.50", month: "2.00" }] : ["user/*", { month: "1.00" }];
    expect([match, caps]).toEqual(wanted);
  }
  expect(await files.open().ledger.reconcile("default")).toEqual([]);
});

test("never takes a default over what somebody sets at the same moment", async () => {
  const [one, other] = [files.open({ max: 4 }).ledger, files.open({ max: 4 }).ledger];
  const terms = { onExpiry: "charge", warnAt: [] } as const;
  await one.setDefault("t", { prefix: "user/", caps: { total: 1n }, ...terms });
  await Promise.all(
    USERS.flatMap((id) => [
      one.createFromDefault("t", id),
      other.setBudget("t", { id, caps: { total: 7n }, ...terms }),
    ]),
  );
  for (const { caps, windows } of await one.getBudgets("t", USERS)) {
    expect(caps).toEqual({ total: 7n });
    expect(windows).toMatchObject([{ capNanoUsd: 7n }]);
  }
});

test("finds the default of an id by its key, among thousands", async () => {
  await files.query(
    "insert into wflo.budget_default (tenant, prefix, cap_total) select 'many', 'team/' || n || '/', n from generate_series(1, 5000) n",
  );
  await files.query("analyze wflo.budget_default");
  const rows = await files.query(
    `explain select d.prefix from wflo.budget_default d where d.tenant = 'many' and d.prefix < 'team/77/x' and starts_with('team/77/x', d.prefix)
     order by d.prefix desc limit 1`,
  );
  expect(JSON.stringify(rows)).toContain("Scan Backward using budget_default_pkey");
  expect(await files.open().ledger.createFromDefault("many", "team/77/x")).toMatchObject({
    madeFrom: "team/77/",
    budget: { caps: { total: 77n } },
  });
});
