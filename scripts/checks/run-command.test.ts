import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

it("gives the exit code and both outputs", async () => {
  const script = "console.log('out'); console.error('err'); process.exit(3)";
  const { code, output } = await runCommand(process.execPath, ["-e", script]);
  expect({
    code,
    lines: output
      .trim()
      .split("\n")
      .toSorted((a, b) => a.localeCompare(b)),
  }).toEqual({ code: 3, lines: ["err", "out"] });
});

it("fails a command that was killed, and one that does not exist", async () => {
  expect(
    (await runCommand(process.execPath, ["-e", "process.kill(process.pid, 'SIGKILL')"])).code,
  ).toBeGreaterThan(0);
  expect(await runCommand("no-such-command-of-wflo", [])).toMatchObject({ code: 1 });
});
