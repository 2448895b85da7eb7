import { createWflo, memoryDatabase, type Run } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { pause } from "./support/model.ts";

/** Executes code that is stopped at its end, then resumes it. Returns the names of its checkpoints before and after. */
async function twice(code: (run: Run<undefined>) => Promise<unknown>) {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  let isFirst = true;
  const workflow = wflo.workflow("w", async (run: Run<undefined>) => {
    await code(run);
    if (isFirst) throw new Error("stop");
  });
  await expect(workflow.run(undefined)).rejects.toThrow("stop");
  const [row] = await wflo.runs.list();
  const names = async () => (await wflo.checkpoints.list(row?.id ?? "")).map(({ name }) => name);
  const before = await names();
  isFirst = false;
  await workflow.resume(row?.id ?? "");
  return { before, after: await names() };
}

describe("parallel items that save under one name, in the order they are done in,", () => {
  /** The last item is done first. */
  const items = (run: Run<undefined>, ran: string[], of = (key: number): unknown => key) =>
    Promise.all(
      [1, 2, 3].map(async (key) => {
        await run.step({ name: "item", key }, async () => {
          ran.push(`item ${key}`);
          await pause(40 - key * 10);
        });
        await run.checkpoint("done", of(key));
      }),
    );

  test("are not saved again by a resume", async () => {
    const { before, after } = await twice((run) => items(run, []));
    expect(before).toHaveLength(3);
    expect(after).toEqual(before);
  });

  test("are not saved again either where several are alike", async () => {
    const { before, after } = await twice((run) => items(run, [], (key) => key > 1));
    expect(after).toEqual(before);
  });

  test("do not make a resume pay for later rounds again", async () => {
    const ran: string[] = [];
    await twice(async (run) => {
      await run.checkpoint("start", 0);
      await items(run, ran);
      await run.rollback("start");
      await items(run, ran);
    });
    expect(ran).toHaveLength(6);
  });
});
