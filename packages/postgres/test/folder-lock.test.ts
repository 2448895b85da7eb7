import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { takeFolder } from "../src/folder-lock.ts";
import { ownIdentity } from "../src/process-identity.ts";

const root = mkdtempSync(join(tmpdir(), "wflo-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const script = fileURLToPath(new URL("./support/race-for-folders.ts", import.meta.url));

function stale(folder: string, content: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "lock.7"), content);
}

const dead = JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1, processStart: "1", nonce: "dead" });

test(
  "lets one of four processes take over a stale lock, round after round",
  { timeout: 120_000 },
  async () => {
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) stale(join(root, `race-${round}`), dead);
    const go = join(root, "go");
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [script, root, go, String(rounds)], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    await Promise.all(children.map((child) => line(child)));
    writeFileSync(go, "");
    const results = (await Promise.all(children.map((child) => line(child)))).map(
      (text) => JSON.parse(text) as string[],
    );
    for (const child of children) child.kill();
    const winners = Array.from(
      { length: rounds },
      (_, round) => results.filter((result) => result[round] === "won").length,
    );
    expect(winners).toEqual(Array.from({ length: rounds }, () => 1));
    expect([...new Set(results.flat())].sort()).toEqual(["lost", "won"]);
  },
);

function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes("\n")) return;
      child.stdout?.off("data", onData);
      resolve(text.trim());
    };
    child.stdout?.on("data", onData);
    child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
}

test("is held while its process lives, however old the heartbeat, and free once released", () => {
  const folder = join(root, "held");
  const lock = takeFolder(folder);
  utimesSync(join(folder, "lock.1"), 0, 0);
  expect(() => takeFolder(folder)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  expect(existsSync(join(folder, "lock.1"))).toBe(true);
  takeFolder(folder).release();
  expect(readdirSync(folder)).toEqual(["lock.2"]);
});

test("judges a process of another machine or container by its heartbeat", () => {
  const folder = join(root, "elsewhere");
  stale(folder, JSON.stringify({ pid: 1, processStart: "1", namespace: "elsewhere", nonce: "n" }));
  expect(() => takeFolder(folder)).toThrow("in use by process 1");
  utimesSync(join(folder, "lock.7"), new Date(), new Date(Date.now() - 16_000));
  takeFolder(folder).release();
});

test("takes a pid that was given to a new process for another process", () => {
  const folder = join(root, "reused");
  stale(folder, JSON.stringify({ ...ownIdentity(), processStart: "1", nonce: "n" }));
  takeFolder(folder).release();
  expect(readdirSync(folder)).toEqual(["lock.8"]);
});

test("waits for a half-written lock, then passes it", () => {
  const folder = join(root, "half");
  stale(folder, '{"pid":');
  expect(() => takeFolder(folder)).toThrow("in use by another process");
  utimesSync(join(folder, "lock.7"), new Date(), new Date(Date.now() - 16_000));
  takeFolder(folder).release();
});

test("notices that the folder was taken by another", { timeout: 120_000 }, async () => {
  const folder = join(root, "lost");
  const lock = takeFolder(folder);
  rmSync(join(folder, "lock.1"));
  writeFileSync(join(folder, "lock.2"), dead);
  const goneMs = performance.now();
  await expect.poll(() => lock.isLost()).toBe(true);
  expect(performance.now() - goneMs).toBeLessThan(5_000);
  lock.release();
  expect(readdirSync(folder)).toEqual(["lock.2"]);
});
