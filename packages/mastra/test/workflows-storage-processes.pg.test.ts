import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { stateOf } from "./workflows-storage-samples.ts";
import { openServer, serverUrl } from "./workflows-storage-server.ts";
import { newStorage } from "./workflows-storage-stores.ts";
import { mastraOn } from "./workflows-storage-workflow.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("workflows-storage-process.ts", import.meta.url));
const database = openServer();
afterAll(() => database.close());

/** What a process of its own prints. */
async function inProcess(
  what: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const [tenant = "", runId = "", name = ""] = args;
  const argv = ["--no-warnings", script, what, serverUrl(), tenant, runId, name];
  const { stdout } = await run(process.execPath, argv, { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as unknown;
}

test("a run that is suspended here is resumed in another process", async () => {
  const tenant = randomUUID();
  const storage = await newStorage(database, tenant);
  const started = await mastraOn(storage).getWorkflow("approval").createRun();
  await started.start({ inputData: { text: "hi" } });
  expect(await inProcess("resume", [tenant, started.runId, "them"])).toMatchObject({
    status: "success",
    result: { text: "hi draft by them send" },
    executed: ["approve", "send"],
  });
  expect((await storage.listWorkflowRuns({ status: "success" })).runs).toMatchObject([
    { runId: started.runId },
  ]);
});

test("a run whose process dies in a step is restarted from that step", async () => {
  const [tenant, runId] = [randomUUID(), randomUUID()];
  await expect(inProcess("start", [tenant, runId], { DIE_IN_RISKY: "1" })).rejects.toMatchObject({ code: 9 });
  const storage = await newStorage(database, tenant);
  expect((await storage.loadWorkflowSnapshot({ workflowName: "crash", runId }))?.status).toBe("running");
  const again = await mastraOn(storage).getWorkflow("crash").createRun({ runId });
  expect(await again.restart()).toMatchObject({
    status: "success",
    result: { text: "hi before risky after" },
  });
});

test("four processes update one run at once: one takes it, and no result is lost", async () => {
  const [tenant, runId] = [randomUUID(), randomUUID()];
  const storage = await newStorage(database, tenant);
  const key = { workflowName: "w", runId };
  await storage.persistWorkflowSnapshot({ ...key, snapshot: stateOf(runId, { status: "suspended" }) });
  const names = ["a", "b", "c", "d"];
  const won = await Promise.all(names.map((name) => inProcess("contend", [tenant, runId, name])));
  expect(won.filter((one) => (one as { won: boolean }).won)).toHaveLength(1);
  const steps = names.flatMap((name) => Array.from({ length: 10 }, (_, at) => `${name}${at}`));
  const snapshot = await storage.loadWorkflowSnapshot(key);
  expect(Object.keys(snapshot?.context ?? {}).toSorted()).toEqual(["input", ...steps].toSorted());
  expect(Object.keys(snapshot?.requestContext ?? {}).toSorted()).toEqual(steps.toSorted());
  expect(snapshot?.status).toBe("running");
});

test("of processes that save one run as a whole the last one's state stands, as a whole", async () => {
  const [tenant, runId] = [randomUUID(), randomUUID()];
  const names = ["a", "b", "c"];
  await Promise.all(names.map((name) => inProcess("persist", [tenant, runId, name])));
  const storage = await newStorage(database, tenant);
  const { runs, total } = await storage.listWorkflowRuns();
  expect(total).toBe(1);
  const { snapshot } = runs.find((run) => run.runId === runId) ?? {};
  const { context, status } = snapshot as { context: Record<string, unknown>; status: string };
  const { input, ...steps } = context;
  expect(names).toContain(input);
  expect(steps).toEqual({ [String(input)]: { status: "success", output: `${"x".repeat(200)}9` } });
  expect(status).toBe("success");
});
