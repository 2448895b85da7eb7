import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { postgres } from "../src/postgres.ts";
import { asks, bills, newId, puts, saves, starts } from "./support/samples.ts";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();

/** Everything that is read with a moment, or looks for a text, in a session with these settings. */
async function readUnder(options: string, { runId, callId }: { runId: string; callId: string }) {
  const pool = new pg.Pool({ connectionString: database.url, max: 1, options });
  onTestFinished(() => pool.end());
  const { ledger, runs, checkpoints } = postgres({ pool });
  const contains = JSON.stringify({ word: "needle" });
  return {
    entries: await ledger.listEntries("t", { callId, limit: 9 }),
    run: await runs.get("t", runId),
    listed: await runs.list("t", { limit: 9 }),
    steps: await runs.steps("t", runId),
    checkpoints: await checkpoints.list("t", { thread: runId, limit: 9 }),
    lineage: await checkpoints.lineage("t", { thread: runId, namespace: "" }, 9),
    found: await checkpoints.listStored("t", { contains, limit: 9 }),
    count: await checkpoints.count("t", { contains }),
    outline: await checkpoints.outline("t", runId),
  };
}

async function write() {
  const { ledger, runs, checkpoints, ...opened } = database.open();
  const ids = { runId: newId(), callId: newId() };
  await ledger.reserve(asks([], 1n, { callId: ids.callId }));
  await ledger.settle("t", [bills(ids.callId, 1n)]);
  await runs.create("t", starts(ids.runId));
  await opened.commitStep(saves(ids.runId));
  await checkpoints.put(puts(ids.runId, newId(), { metadata: '{"word":"needle"}' }));
  await runs.finish("t", { runId: ids.runId, epoch: 1, status: "completed" });
  return ids;
}

test.each(["SQL,DMY", "SQL,MDY", "German", "Postgres,DMY"])(
  "reads every moment as it was written where DateStyle is %s",
  async (style) => {
    // A day that may be taken for a month.
    await database.query(`create or replace function wflo.now() returns timestamptz language sql volatile as
      $$ select '2026-10-03 12:00:01.234567Z'::timestamptz $$`);
    const ids = await write();
    const read = await readUnder("", ids);
    expect(read.entries[0]?.at).toEqual(new Date("2026-10-03T12:00:01.234Z"));
    for (const zone of ["UTC", "Asia/Kathmandu"])
      expect(await readUnder(`-c DateStyle=${style} -c TimeZone=${zone}`, ids)).toEqual(read);
  },
);

test("finds the same where standard_conforming_strings is off", async () => {
  const ids = await write();
  const read = await readUnder("", ids);
  expect(read.count).toBeGreaterThan(0);
  expect(await readUnder("-c standard_conforming_strings=off", ids)).toEqual(read);
});
