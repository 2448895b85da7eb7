import { expect, it } from "vitest";
import { runStages, type Stage } from "./stage.ts";

const stage = (name: string, passed: number, failed: number, needs: readonly string[] = []): Stage => ({
  name,
  needs,
  run: async () => ({ passed, failed }),
});

it("runs to the end, sums up, and fails what needs a stage that failed", async () => {
  const lines: string[] = [];
  const stages = [stage("a", 2, 1), stage("b", 1, 0, ["a"]), stage("c", 5, 0), stage("d", 1, 0, ["b"])];
  expect(await runStages(stages, (line) => lines.push(line))).toEqual({ passed: 7, failed: 3 });
  expect(lines.map((line) => line.slice(0, 6))).toEqual(["FAIL a", "FAIL b", "ok   c", "FAIL d"]);
});

it("counts a stage that throws as failed", async () => {
  const broken: Stage = { name: "a", run: () => Promise.reject(new Error("no disk")) };
  const lines: string[] = [];
  expect(await runStages([broken], (line) => lines.push(line))).toEqual({ passed: 0, failed: 1 });
  expect(lines.join("\n")).toContain("no disk");
});
