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

test("a history that runs in a circle ends where it began", async () => {
  const saver = new WfloSaver({ database, tenant: newTenant() });
  const [first, second] = [checkpointOf({ a: 1 }), checkpointOf({ a: 2 }, 2)];
  await putAll(saver, at("0"), first);
  await putAll(saver, at(first.id), second);
  const config = await putAll(saver, at(second.id), first);
  await saver.putWrites(at(second.id), [["log", "written"]], "task");
  const history = await saver.getDeltaChannelHistory({ config, channels: ["log"] });
  expect(history["log"]?.writes).toEqual([["task", "log", "written"]]);
});
