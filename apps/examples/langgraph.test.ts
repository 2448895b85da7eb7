import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("basic shows a thread and its fork, each with its own state", async () => {
  const file = join(import.meta.dirname, "langgraph", "basic.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", file]);
  expect(stdout.trim().split("\n")).toEqual([
    "One branch: hello | You said: hello | this way | You said: this way",
    "The other: hello | You said: hello | that way | You said: that way",
  ]);
});
