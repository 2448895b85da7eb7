import { grantOf, type HoldRequest } from "@wflo/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const MAX = 9_223_372_036_854_775_807n;

const amount = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: 2_000n }),
  fc.bigInt({ min: MAX - 5n, max: MAX }),
);
const asked = fc.record({
  boundNanoUsd: amount,
  needNanoUsd: amount,
  targetNanoUsd: amount,
  share: fc.integer({ min: 1, max: 20 }),
  free: fc.array(fc.oneof(amount, fc.bigInt({ min: -20n, max: 0n })), { maxLength: 4 }),
});

test("grants what core's hold rule grants", { timeout: 120_000 }, async () => {
  for (const { free, ...request } of fc.sample(asked, 3_000)) {
    const { boundNanoUsd, needNanoUsd, targetNanoUsd, share } = request satisfies HoldRequest;
    const asks = [boundNanoUsd, needNanoUsd, targetNanoUsd, share, free];
    const rows = await database.query("select wflo.grant_of($1, $2, $3, $4, $5)::text as granted", asks);
    const granted = grantOf(request, free)?.toString() ?? null;
    expect({ asks, granted: rows[0]?.["granted"] }).toEqual({ asks, granted });
  }
});

test("sees the same free money as core, without overflow", async () => {
  const rows = await database.query(
    `select wflo.free_of(row('b', 'day', now(), cap, spent, reserved, 0, credit, true, 'UTC')::wflo.window_line)::text as free
     from (values (5::int8, 2::int8, 1::int8, 0::int8), (0, ${MAX}, ${MAX}, 0), (${MAX}, 0, 0, 0), (10, 0, 10, 4)) v (cap, spent, reserved, credit)`,
  );
  expect(rows.map((row) => row["free"])).toEqual(["2", "-1", String(MAX), "4"]);
});
