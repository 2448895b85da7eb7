import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LEASE_LABEL } from "@wflo/core";
import { expect, onTestFinished, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const WORKER = fileURLToPath(new URL("./support/leasing-worker.ts", import.meta.url));
const CAP = 2_000_000_000n;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each([0, 2])(
  "four processes with leases keep the cap; of %i that are killed, what they had and did not use is charged, and the books are right",
  { timeout: 120_000 },
  async (kills) => {
    const { ledger } = database.open();
    await database.query("truncate wflo.entry, wflo.hold, wflo.budget, wflo.budget_window");
    await ledger.setBudget("default", { id: "org", caps: { total: CAP }, onExpiry: "charge", warnAt: [] });
    const folder = mkdtempSync(join(tmpdir(), "wflo-leases-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const workers = Array.from({ length: 4 }, (_, at) => {
      const file = join(folder, `${at}.log`);
      const child = spawn(process.execPath, [WORKER, database.url, file], {
        stdio: ["pipe", "ignore", "inherit"],
      });
      return { file, child, ended: new Promise((resolve) => child.once("exit", resolve)) };
    });
    onTestFinished(() => workers.forEach(({ child }) => void child.kill("SIGKILL")));
    const window = async () => (await ledger.getBudgets("default", ["org"]))[0]!.windows[0]!;
    const leases = async () =>
      Number((await database.query("select count(*) from wflo.hold where model = 'lease'"))[0]?.["count"]);
    let most = 0n;
    const look = async () => {
      const { spentNanoUsd, reservedNanoUsd } = await window();
      if (spentNanoUsd + reservedNanoUsd > most) most = spentNanoUsd + reservedNanoUsd;
    };
    while ((await leases()) < 4) await pause(20);
    for (let looks = 0; looks < 20; looks += 1) {
      await look();
      await pause(50);
    }
    for (const { child } of workers.slice(0, kills)) child.kill("SIGKILL");
    for (let looks = 0; looks < 10; looks += 1) {
      await look();
      await pause(50);
    }
    for (const { child } of workers.slice(kills)) child.stdin.end();
    await Promise.all(workers.map(({ ended }) => ended));

    // Those who closed have given everything back.
    expect((await leases()) > 0).toBe(kills > 0);
    await database.query("update wflo.hold set expires_at = now() - interval '1 second'");
    await ledger.expire(1_000);
    const told = workers.map(({ file }) =>
      readFileSync(file, "utf8")
        .split("\n")
        .reduce((sum, line) => sum + BigInt(line), 0n),
    );
    const sum = (amounts: readonly bigint[]) => amounts.reduce((all, one) => all + one, 0n);
    const { spentNanoUsd, reservedNanoUsd } = await window();
    const inDoubt = await ledger.listEntries("default", { inDoubt: true, limit: 1_000 });
    const lost = sum(inDoubt.map(({ chargedNanoUsd }) => chargedNanoUsd));
    expect(reservedNanoUsd).toBe(0n);
    expect(most).toBeLessThanOrEqual(CAP);
    expect(sum(told.slice(kills))).toBeGreaterThan(0n);
    // Nothing that was answered is missing, and no more is in doubt than the leases of the dead had.
    expect(spentNanoUsd).toBeGreaterThanOrEqual(sum(told));
    expect(spentNanoUsd - sum(told)).toBeLessThanOrEqual(lost);
    expect(spentNanoUsd > sum(told)).toBe(kills > 0);
    const ofLeases = inDoubt.filter(({ label }) => label.model === LEASE_LABEL.model);
    expect(ofLeases.every(({ heldNanoUsd }) => heldNanoUsd <= CAP / 20n)).toBe(true);
    expect(await ledger.reconcile("default")).toEqual([]);
    await database.closeAll();
    const [row] = await database.query(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(Number(row?.["deadlocks"])).toBe(0);
  },
);
