import { beforeEach, expect, test } from "vitest";
import { officialSuite } from "./official-suite.ts";
import { openServer } from "./test-server.ts";

officialSuite("PostgreSQL", openServer);

let ran = 0;
beforeEach(() => {
  ran += 1;
});

test("all tests of LangGraph's suite ran", () => {
  expect(ran - 1).toBe(726);
});
