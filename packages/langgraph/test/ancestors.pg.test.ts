import { InvalidOptionError } from "@wflo/core";
import { afterAll, expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";
import { newTenant, openServer } from "./test-server.ts";

const database = openServer();
afterAll(() => database.close());

const at = (id: string) => ({ configurable: { thread_id: "t", checkpoint_ns: "", checkpoint_id: id } });

// A walk through them would not end.
test("a checkpoint that is its own parent is refused", async () => {
  const saver = new WfloSaver({ database, tenant: newTenant() });
  const checkpoint = checkpointOf({ a: 1 });
  const put = putAll(saver, at(checkpoint.id), checkpoint);
  await expect(put).rejects.toThrow(InvalidOptionError);
  expect(await saver.getTuple(at(checkpoint.id))).toBeUndefined();
});
