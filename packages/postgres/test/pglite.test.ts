import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { StoreUnavailableError } from "@wflo/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { takeFolder } from "../src/folder-lock.ts";
import { pglite } from "../src/pglite.ts";
import { asks, bills } from "./support/samples.ts";

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "wflo-pglite-"));
  folders.push(folder);
  return folder;
};
/** One with a migrated database, which takes PGlite some seconds to make, and less than one to open. */
const usedFolder = (): string => {
  const folder = newFolder();
  cpSync(join(template, "data"), join(folder, "data"), { recursive: true });
  return folder;
};
let template: string;
beforeAll(async () => {
  template = newFolder();
  const database = pglite(template);
  await database.migrate();
  await database.close();
}, 300_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const script = (name: string): string => fileURLToPath(new URL(`./support/${name}`, import.meta.url));
const cap = { id: "b", caps: { total: 100n }, onExpiry: "charge", warnAt: [] } as const;

test(
  "keeps what was written across reopening, and shares one instance within the process",
  { timeout: 300_000 },
  async () => {
    const folder = newFolder();
    const [one, two] = [pglite(folder), pglite(join(folder, "."))];
    await one.ledger.setBudget("t", cap);
    const call = asks(["b"], 40n);
    await two.ledger.reserve(call);
    await one.close();
    await two.ledger.settle("t", [bills(call.callId, 30n)]);
    await two.close();
    await two.close();
    const again = pglite(folder);
    expect((await again.ledger.getBudgets("t", ["b"]))[0]?.windows[0]).toMatchObject({
      spentNanoUsd: 30n,
      reservedNanoUsd: 0n,
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("lock"))).toHaveLength(1);
    await again.close();
    await expect(again.ledger.expire(1)).rejects.toThrow(/was closed/);
  },
);

test("is shared with another copy of the package in the process", { timeout: 60_000 }, async () => {
  const folder = usedFolder();
  const database = pglite(folder);
  await database.ledger.setBudget("t", cap);
  vi.resetModules();
  const copy = await import("../src/pglite.ts");
  expect(copy.pglite).not.toBe(pglite);
  const other = copy.pglite(folder);
  expect(await other.ledger.getBudgets("t", ["b"])).toHaveLength(1);
  await database.close();
  expect(await other.ledger.getBudgets("t", ["b"])).toHaveLength(1);
  await other.close();
  takeFolder(folder).release();
});

test("tells a thread of the process that another one has the folder", { timeout: 60_000 }, async () => {
  const folder = usedFolder();
  const database = pglite(folder);
  await database.ledger.setBudget("t", cap);
  const thread = new Worker(script("hold-folder.ts"), { argv: [folder] });
  const [refusal] = (await once(thread, "error")) as [Error];
  expect(refusal.message).toContain("This is that process: another of its threads has the folder open.");
  expect(refusal.message).not.toContain("delete");
  await database.close();
});

test(
  "refuses a folder that another process has open, by its pid, and opens it at once when that was killed",
  { timeout: 300_000 },
  async () => {
    const folder = usedFolder();
    const child = spawn(process.execPath, [script("hold-folder.ts"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const database = pglite(folder);
    const refusal: unknown = await database.ledger.expire(1).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnavailableError);
    expect(String(refusal)).toContain(`in use by process ${child.pid}`);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect((await database.ledger.getBudgets("t", ["b"]))[0]?.windows[0]?.reservedNanoUsd).toBe(40n);
    await database.close();
  },
);

test(
  "keeps a settle that it has acknowledged when its process is killed at once",
  { timeout: 300_000 },
  async () => {
    const folder = usedFolder();
    const child = spawn(process.execPath, [script("settle-in-folder.ts"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    const database = pglite(folder);
    expect((await database.ledger.getBudgets("t", ["b"]))[0]?.windows[0]).toMatchObject({
      spentNanoUsd: 30n,
      reservedNanoUsd: 0n,
    });
    await database.close();
  },
);

test("says what to do with a damaged folder, and lets go of it", { timeout: 300_000 }, async () => {
  const folder = usedFolder();
  const database = pglite(folder);
  await database.ledger.expire(1);
  await database.close();
  writeFileSync(join(folder, "data", "global", "pg_control"), "rubbish");
  const damaged = pglite(folder);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(damaged.ledger.expire(1)).rejects.toThrow(/cannot be opened.*damaged.*Copy the folder/);
  }
  await damaged.close();
});

// Each of its scripts starts PGlite, which takes this machine ten seconds: one was 39 s old in a quiet run, and cut at 60 in a busy one.
test.each([
  ["idle", newFolder],
  ["closed", usedFolder],
])("lets a script end whose folder is %s", { timeout: 300_000 }, async (how, folderOf) => {
  const folder = folderOf();
  // The second opens what the first left behind.
  for (let turn = 0; turn < 2; turn += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      script("script-that-ends.ts"),
      folder,
      how,
    ]);
    expect(stdout).toBe("done");
  }
});

test("runs the same ledger in memory", { timeout: 300_000 }, async () => {
  const database = pglite();
  await database.ledger.setBudget("t", cap);
  const calls = Array.from({ length: 20 }, () => asks(["b"], 10n));
  const verdicts = await Promise.all(calls.map((call) => database.ledger.reserve(call)));
  expect(verdicts.filter((verdict) => verdict.code === "granted")).toHaveLength(10);
  await database.ledger.settle(
    "t",
    calls.map((call) => bills(call.callId, 1n)),
  );
  expect(await database.ledger.listEntries("t", { budgetId: "b", limit: 100 })).toHaveLength(10);
  expect(await database.ledger.reconcile("t")).toEqual([]);
  await database.close();
});
