import { expect } from "vitest";
import type { CaseDesk } from "./case-desk.ts";
import { CheckpointDesk } from "./checkpoint-desk.ts";
import { ItemDesk } from "./item-desk.ts";
import { RetentionDesk } from "./retention-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

const METHODS: Readonly<Record<string, (desk: CaseDesk) => Promise<unknown>>> = {
  setBudget: (desk) => desk.budget("user", { total: 100n }),
  raiseCap: (desk) => desk.ledger.raiseCap(desk.tenant, "user", "total", 200n),
  getBudgets: (desk) => desk.ledger.getBudgets(desk.tenant, ["user"]),
  listBudgets: (desk) => desk.ledger.listBudgets(desk.tenant, { limit: 10 }),
  setDefault: (desk) =>
    desk.ledger.setDefault(desk.tenant, { prefix: "u/", caps: { day: 1n }, onExpiry: "charge", warnAt: [] }),
  listDefaults: (desk) => desk.ledger.listDefaults(desk.tenant, { limit: 10 }),
  removeDefault: (desk) => desk.ledger.removeDefault(desk.tenant, "u/"),
  createFromDefault: (desk) => desk.ledger.createFromDefault(desk.tenant, "u/1"),
  setPaused: (desk) => desk.ledger.setPaused(desk.tenant, "user", true),
  reserve: (desk) => desk.reserve(10n, ["user"]),
  settle: (desk) => desk.settle(desk.nextId(), 10n),
  correct: (desk) => desk.correct(desk.nextId(), 10n),
  renew: (desk) => desk.ledger.renew(desk.tenant, [desk.nextId()], 60_000),
  expire: (desk) => desk.ledger.expire(10),
  listEntries: (desk) => desk.entries(),
  costs: (desk) => desk.ledger.costs(desk.tenant, desk.nextId()),
  reconcile: (desk) => desk.ledger.reconcile(desk.tenant),
  create: (desk) => desk.run(),
  get: (desk) => desk.runs.get(desk.tenant, desk.nextId()),
  list: (desk) => desk.runs.list(desk.tenant, { limit: 10 }),
  claim: (desk) => desk.runs.claim(desk.tenant, desk.nextId(), { takeOver: true }),
  heartbeat: (desk) => desk.runs.heartbeat(desk.tenant, desk.nextId(), 1),
  finish: (desk) => desk.runs.finish(desk.tenant, { runId: desk.nextId(), epoch: 1, status: "failed" }),
  steps: (desk) => desk.runs.steps(desk.tenant, desk.nextId()),
  async commitStep(desk) {
    await desk.commitStep({ runId: desk.nextId() });
  },
  put: (desk) => new CheckpointDesk(desk).put("a"),
  getCheckpoint: (desk) => new CheckpointDesk(desk).get({ id: "a" }),
  lineage: (desk) => new CheckpointDesk(desk).lineage(),
  listCheckpoints: (desk) => new CheckpointDesk(desk).list(),
  countCheckpoints: (desk) => new CheckpointDesk(desk).count(),
  deleteThread: (desk) => new CheckpointDesk(desk).deleteThread(),
  batch: (desk) => new ItemDesk(desk).get("a"),
  threads: (desk) => new RetentionDesk(desk).threads(),
  outline: (desk) => new RetentionDesk(desk).outline(),
  copyThread: (desk) => new RetentionDesk(desk).copy(),
  setTtl: (desk) => new RetentionDesk(desk).setTtl(1),
  deleteExpired: (desk) => new RetentionDesk(desk).deleteExpired(),
};

/** What is left of a database that was closed: refusals. */
export const closingCases: readonly DatabaseCase[] = [
  ...Object.entries(METHODS).map(([name, call]) =>
    databaseCase(`rejects ${name} after it was closed`, async (desk) => {
      await desk.budget("user", { total: 100n });
      await desk.database.close();
      await expect(call(desk)).rejects.toBeInstanceOf(Error);
    }),
  ),
  databaseCase("may be closed twice", async (desk) => {
    await desk.database.close();
    await expect(desk.database.close()).resolves.toBeUndefined();
  }),
];
