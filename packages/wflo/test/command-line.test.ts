import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pglite } from "@wflo/postgres/pglite";
import { expect, onTestFinished, test } from "vitest";
import type { VerifyReport } from "../src/verify/verify-report.ts";
import { runWfloHere } from "./support/run-wflo-here.ts";

/** To make a new database takes PGlite seconds. */
const PGLITE_TIMEOUT_MS = 300_000;

const UNUSABLE = [
  { args: ["nonsense"], says: "unknown command 'nonsense'" },
  { args: ["verify", "--nonsense"], says: "unknown option '--nonsense'" },
  { args: ["verify", "--processes", "0"], says: "It takes a whole number from 1 to 64." },
  { args: ["verify", "--seconds", "1.5"], says: "It takes a whole number from 1 to 3600." },
  { args: ["verify", "--callers", "many"], says: "It takes a whole number from 1 to 1000." },
  { args: ["verify", "--seed", "-1"], says: "It takes a whole number from 0 to 1000000000." },
  { args: ["verify", "--processes", "2"], says: "--processes needs a server, so give its --url" },
  { args: ["verify", "--keep"], says: "--keep needs --url or --pglite <folder>" },
  { args: ["verify", "--pglite", "x", "--url", "postgres://u:p@h/d"], says: "cannot be used with option" },
  { args: ["verify", "--url", ""], says: "--url is empty" },
  { args: ["verify", "--url", "mysql://u:p@h/d"], says: "The database URL cannot be read" },
  { args: ["verify", "--url", "postgres://u:p@127.0.0.1:1/d"], says: "connection refused" },
];

test.each(UNUSABLE)("wflo $args ends with exit code 2 and says: $says", async ({ args, says }) => {
  const ended = await runWfloHere(args);
  expect(ended).toMatchObject({ code: 2, stdout: "", files: [] });
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).not.toMatch(/\n\s+at /);
});

test("the password of a URL is told nowhere", async () => {
  const { stderr } = await runWfloHere(["verify", "--url", "postgres://user:s3cret@127.0.0.1:1/d"]);
  expect(stderr).not.toContain("s3cret");
});

test("help and version are there with exit code 0", async () => {
  expect(await runWfloHere(["--version"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await runWfloHere(["verify", "--help"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Exit code: 0 "),
  });
});

test(
  "on PGlite it says what was not tried there; a folder stays, with the rows of a play that are kept",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "wflo-test-verify-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "pglite");
    const play = ["verify", "--pglite", path, "--seconds", "1", "--callers", "4"];
    const kept = await runWfloHere([...play, "--keep", "--json"]);
    expect(kept).toMatchObject({ code: 0, stderr: "", files: [] });
    const report = JSON.parse(kept.stdout) as VerifyReport;
    const place = `PGlite in ${path}`;
    expect(report).toMatchObject({ store: "pglite", place, isKept: true, processes: 1, deadlocks: null });
    const { stdout, ...again } = await runWfloHere(play);
    expect(again).toEqual({ code: 0, stderr: "", files: [] });
    expect(stdout).toMatch(/^- no hold outlives its call.* \(not tried: no process was killed\)$/m);
    expect(stdout).toContain("here no processes race and none is killed");
    const database = pglite(path);
    expect(await database.ledger.listBudgets(report.tenant, { limit: 1 })).toHaveLength(1);
    await database.close();
  },
  PGLITE_TIMEOUT_MS,
);
