import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { newTenant, serverUrl } from "./test-server.ts";

const run = promisify(execFile);
const TURNS = 8;

test("three processes on one thread each read back what they came to", { timeout: 300_000 }, async () => {
  const [tenant, thread] = [newTenant(), "shared"];
  const script = fileURLToPath(new URL("thread-writer.ts", import.meta.url));
  const results = await Promise.all(
    ["a", "b", "c"].map(async (name) => {
      const args = [script, serverUrl(), tenant, thread, name, `${TURNS}`];
      const { stdout } = await run(process.execPath, ["--no-warnings", ...args]);
      return JSON.parse(stdout) as string[][];
    }),
  );
  const saver = WfloSaver.fromConnString(serverUrl(), { tenant });
  const states = new Set<string>();
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: thread } })) {
    states.add(JSON.stringify(checkpoint.channel_values["log"]));
  }
  await saver.close();
  expect(results.flat()).toHaveLength(3 * TURNS);
  for (const log of results.flat()) expect(states).toContain(JSON.stringify(log));
});
