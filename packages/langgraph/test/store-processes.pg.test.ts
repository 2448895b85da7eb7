import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { WfloStore } from "../src/index.ts";
import { newTenant, openServer, serverUrl } from "./test-server.ts";

const run = promisify(execFile);
const BATCHES = 100;

test("four processes put the same items at once: the last one counts", { timeout: 300_000 }, async () => {
  const [tenant, database] = [newTenant(), openServer()];
  const store = new WfloStore({ database, tenant });
  await store.put(["counted"], "last", { first: true });
  const born = (await store.get(["counted"], "last"))?.createdAt;
  const script = fileURLToPath(new URL("item-writer.ts", import.meta.url));
  const writers = [1, 2, 3, 4].map((seed) =>
    run(process.execPath, ["--no-warnings", script, serverUrl(), tenant, `${seed}`, `${BATCHES}`]),
  );
  await Promise.all(writers);
  const last = await store.get(["counted"], "last");
  expect([last?.createdAt, last?.value["batch"]]).toEqual([born, BATCHES - 1]);
  await database.close();
});
