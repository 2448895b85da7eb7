import { expect, test } from "vitest";
import { zoneWithMidnightAt } from "./midnight.ts";

// POSIX counts zones to the west.
test.each([
  ["00:00:00", "<wflo>+00:00:00"],
  ["06:30:15", "<wflo>+06:30:15"],
  ["12:00:00", "<wflo>+12:00:00"],
  ["12:00:01", "<wflo>-11:59:59"],
  ["23:59:59", "<wflo>-00:00:01"],
])("at %s UTC it is midnight in %s", (time, zone) => {
  expect(zoneWithMidnightAt(Date.parse(`2026-03-29T${time}Z`))).toBe(zone);
});
