import { createWflo } from "@wflo/core";
import { expect, test } from "vitest";
import { ANSWER_COST, request } from "./support/model.ts";

/** 1.75 times the list price of gpt-4.1. */
const PRIORITY_COST = "0.001435";

test.each([
  ["dearer than the list, is charged where the answer names no tier", "priority", undefined, PRIORITY_COST],
  ["gives way to the one that the answer names", "priority", "default", ANSWER_COST],
  ["gives way to a dearer one that the answer names", "auto", "priority", PRIORITY_COST],
  ["at a discount, is not taken for the one that served it", "batch", undefined, ANSWER_COST],
])("a service tier that was asked for, %s", async (_, asked, served, charged) => {
  const wflo = createWflo({ logger: false });
  const usage = { inputTokens: 10, outputTokens: 100 };
  await wflo.guardCall(request({ serviceTier: asked }), async () => ({
    value: 1,
    usage,
    serviceTier: served,
  }));
  expect(await wflo.calls.list()).toMatchObject([{ kind: "settle", charged }]);
  await wflo.close();
});
