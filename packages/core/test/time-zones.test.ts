import { createWflo, memoryDatabase, type BudgetInput } from "@wflo/core";
import { describe, expect, test } from "vitest";

const CAPS = { day: "1.00" };

function clientAt(at: string) {
  return createWflo({ database: memoryDatabase({ now: () => Date.parse(at) }), logger: false });
}

const set = (timeZone: unknown) =>
  clientAt("2026-11-30T12:00Z").budgets.set({ id: "user/42", caps: CAPS, timeZone } as BudgetInput);

describe("a budget's time zone", () => {
  test.each([
    ["Europe/Paris", "Europe/Paris"],
    ["europe/paris", "Europe/Paris"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["Europe/Kyiv", "Europe/Kyiv"],
    ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
    ["UTC", "UTC"],
    ["Etc/UTC", "UTC"],
    [undefined, "UTC"],
  ])("is an IANA name: %s", async (written, kept) => {
    expect((await set(written)).timeZone).toBe(kept);
  });

  test.each([
    "+02:00",
    "-05:00",
    "UTC+2",
    "GMT+1",
    "CET",
    "EST",
    "EST5EDT",
    "Atlantis/Poseidonis",
    "",
    "/",
    2,
    null,
  ])("is nothing that a database may read otherwise: %s", async (written) => {
    await expect(set(written ?? "")).rejects.toMatchObject({
      code: "WFLO_INVALID_OPTION",
      message: expect.stringContaining('such as "Europe/Paris"') as unknown,
    });
  });

  test.each([
    ["2026-11-30T22:30Z", "Europe/Paris", "(resets 2026-12-01 Europe/Paris)"],
    ["2026-11-30T23:30Z", "Europe/Paris", "(resets 2026-12-02 Europe/Paris)"],
    ["2026-11-30T14:30Z", "Asia/Tokyo", "(resets 2026-12-01 Asia/Tokyo)"],
    ["2026-11-30T22:30Z", "UTC", "(resets 2026-12-01 UTC)"],
  ])("dates the reset in a refusal of %s by its own calendar: %s", async (at, timeZone, told) => {
    const wflo = clientAt(at);
    await wflo.budgets.set({ id: "user/42", caps: { day: "0.01" }, timeZone });
    const refused = wflo.guardCall(
      { provider: "openai", model: "gpt-4.1-mini", parts: [], hold: "1.00", budgets: ["user/42"] },
      () => Promise.reject(new Error("it was sent")),
    );
    await expect(refused).rejects.toMatchObject({
      code: "WFLO_BUDGET_EXCEEDED",
      timeZone,
      message: expect.stringContaining(told) as unknown,
    });
  });
});
