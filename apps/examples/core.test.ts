import { beforeAll, expect, test } from "vitest";
import { examplesOf, type Ended } from "./run-example.ts";

const { run: example } = examplesOf("core", { isNew: true });
let basic: Promise<Ended>;
beforeAll(() => {
  basic = example("basic");
});

const total = (stdout: string) => /^ +\$(\S+) +\d+ calls +the run$/m.exec(stdout)?.[1];

test("basic answers from real files, shows its cost as a tree, and prices the draft that was sent back", async () => {
  const { code, stdout, stderr } = await basic;
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^# How do budgets .*\?\n\n- \w+: .*\(\S+\.md\)$/m);
  expect(stdout).toMatch(
    /agent planner\n.*tool list_pages\n.*model openai\/gpt-4.1-mini\n.*agent researcher:\w+\n/,
  );
  expect(stdout.match(/agent researcher:/g)).toHaveLength(3);
  expect(stdout).toMatch(/\$0\.0005 +1 call +tool search\n/);
  const [, abandoned, remaining] =
    /^\$(\S+) of it went into drafts .*\. \$(\S+) remains\.$/m.exec(stdout) ?? [];
  expect(Number(abandoned)).toBeGreaterThan(0);
  expect(Number(remaining)).toBeCloseTo(0.1 - Number(total(stdout)), 9);
});

test(
  "a run stopped at its budget is gone on with by another process, which pays nothing twice",
  { timeout: 300_000 },
  async () => {
    const stopped = await example("stop-at-budget");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^Budget run\/\S+ has \$\S+ left of \$0\.007; this call may cost up to \$\S+\. Raise the cap/,
    );
    const [, runId, spent] = /Run (\S+) is paused. It has spent \$(\S+),/.exec(stopped.stdout) ?? [];
    expect(stopped.stdout).toContain(`Go on with: npm run example core/resume ${runId}\n`);
    const saved = stopped.stdout.match(/(?<=^ {2})\S+$/gm) ?? [];
    expect(saved).toContain("planner");

    const resumed = await example("resume");
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    const skipped = resumed.stdout.match(/(?<=^ {2}saved before, not paid again: )\S+$/gm) ?? [];
    expect(skipped.toSorted()).toEqual(saved.toSorted());
    expect(resumed.stdout).toContain("  done now: writer\n  done now: editor\n  done now: writer\n");
    expect(resumed.stdout).toContain(`$${spent} before and $`);
    expect(total(resumed.stdout)).toBe(total((await basic).stdout));

    const nothing = await example("resume");
    expect(nothing).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("There is nothing to resume"),
    });
  },
);
