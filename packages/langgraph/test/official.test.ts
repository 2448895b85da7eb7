import { memoryDatabase } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { beforeEach, expect, test } from "vitest";
import { officialSuite } from "./official-suite.ts";

officialSuite("memory", () => memoryDatabase());
officialSuite("PGlite", () => pglite());

let ran = 0;
beforeEach(() => {
  ran += 1;
});

test("all tests of LangGraph's suite ran twice", () => {
  expect(ran - 1).toBe(2 * 726);
});
