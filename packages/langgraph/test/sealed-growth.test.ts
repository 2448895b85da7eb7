import { DeltaSnapshot, JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

/** Writes the same value differently each time, as an encrypting serializer does. */
class Sealing extends JsonPlusSerializer {
  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, bytes] = await super.dumpsTyped(value);
    const key = Math.floor(Math.random() * 256);
    return [`x${type}`, Uint8Array.from([key, ...bytes.map((byte) => byte ^ key)])];
  }
}

/** How much more is stored of 120 turns than of 40. */
async function growth(
  item: (index: number) => unknown,
  state: (items: unknown[]) => unknown,
): Promise<number> {
  const { database, bytes } = countedDatabase();
  const saver = new WfloSaver({ database, serde: new Sealing() });
  let config: object = { configurable: { thread_id: "t", checkpoint_ns: "" } };
  const items: unknown[] = [];
  let early = 0;
  for (let turn = 1; turn <= 120; turn++) {
    items.push(item(turn));
    config = await putAll(saver, config, checkpointOf({ state: state([...items]) }, turn));
    if (turn === 40) early = bytes();
  }
  return bytes() / early;
}

const text = "x".repeat(300);

test.each([
  ["errors", (index: number) => ({ error: new TypeError(`${index} ${text}`, { cause: index }) })],
  ["regular expressions", (index: number) => ({ pattern: new RegExp(`${index}${text}`, "g") })],
  ["delta snapshots", (index: number) => new DeltaSnapshot([index, text])],
])("with an encrypting serializer a list of %s takes what it adds", async (_, item) => {
  expect(await growth(item, (items) => items)).toBeLessThan(3.5);
});
