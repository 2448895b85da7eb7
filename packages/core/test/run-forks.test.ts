import { createWflo, memoryDatabase, type Database, type Run, type Wflo } from "@wflo/core";
import { beforeEach, describe, expect, test } from "vitest";

let database: Database;
beforeEach(() => {
  database = memoryDatabase();
});
/** Another process: a client of its own on the same database. */
const client = (): Wflo => createWflo({ database, logger: false });
const countRuns = async () => (await client().runs.list()).length;

describe("no run forks itself", () => {
  test("once another process has taken it over, whether it knows that or not", async () => {
    const forked: unknown[] = [];
    const define = (isFirst: boolean) =>
      client().workflow("w", async (run: Run<undefined>) => {
        await run.checkpoint("c", 1);
        if (!isFirst) return "taken";
        await define(false).resume(run.id, { takeOver: true });
        for (const _ of ["unaware", "aware"])
          forked.push(await run.fork("c").catch((error: unknown) => error));
        return "late";
      });
    await expect(define(true).run(undefined)).rejects.toMatchObject({ code: "WFLO_RUN_SUPERSEDED" });
    expect(forked).toMatchObject([{ code: "WFLO_RUN_SUPERSEDED" }, { code: "WFLO_RUN_SUPERSEDED" }]);
    expect(await countRuns()).toBe(1);
  });

  test("after its end", async () => {
    let ended: Run<undefined> | undefined;
    await client().run({}, async (run) => {
      await run.checkpoint("c", 1);
      ended = run;
    });
    await expect(ended?.fork("c")).rejects.toMatchObject({ code: "WFLO_RUN_OVER" });
    expect(await countRuns()).toBe(1);
  });
});

test.each([
  ["null", null],
  ["a list", []],
  ["tags that are a text", { tags: "ab" }],
])("a fork from outside refuses options that are %s", async (_, options) => {
  const wflo = client();
  await wflo.run({}, async (run) => void (await run.checkpoint("c", 1)));
  const [run] = await wflo.runs.list();
  const forking = wflo.checkpoints.fork(run?.id ?? "", "c", options as never);
  await expect(forking).rejects.toMatchObject({ code: "WFLO_INVALID_OPTION" });
  expect(await countRuns()).toBe(1);
});
