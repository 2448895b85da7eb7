import { postgres } from "@wflo/postgres";
import { WfloStore } from "../src/index.ts";
import { numbersFrom } from "./random-threads.ts";

/** A process of its own that puts and deletes the same few items in batches of random order: `<url> <tenant> <seed> <batches>`. */
const [url = "", tenant = "", seed = "0", batches = "0"] = process.argv.slice(2);
const database = postgres({ url });
const store = new WfloStore({ database, tenant });
const below = numbersFrom(Number(seed));
for (let batch = 0; batch < Number(batches); batch += 1) {
  const puts = Array.from({ length: 12 }, () => {
    const value = below(4) === 0 ? null : { seed, batch };
    return { namespace: ["shared"], key: `item ${below(8)}`, value };
  });
  const read = { namespace: ["counted"], key: "last" };
  await store.batch([...puts, read, { ...read, value: { seed, batch } }]);
}
await database.close();
