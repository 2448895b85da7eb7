import { existsSync } from "node:fs";
import { join } from "node:path";
import { takeFolder } from "../../src/folder-lock.ts";

// Takes `race-<n>` one after another, in step with other processes that do the same; keeps what it won; prints what came of it.
const [, , root = "", go = "", rounds = "0"] = process.argv;
process.stdout.write("ready\n");
while (!existsSync(go)) continue;
const start = Date.now() + 20;
const results: string[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  while (Date.now() < start + round * 15) continue;
  try {
    takeFolder(join(root, `race-${round}`));
    results.push("won");
  } catch (error) {
    results.push(String(error).includes("in use by process") ? "lost" : String(error));
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`);
setInterval(() => {}, 1_000);
