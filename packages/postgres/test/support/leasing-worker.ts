import { appendFileSync } from "node:fs";
import { createWflo } from "@wflo/core";
import { postgres } from "../../src/postgres.ts";

/** Calls on the budget `org` as fast as it can, on leases, and writes down what each call cost; ends when its input does. */
const [url = "", file = ""] = process.argv.slice(2);
const wflo = createWflo({ database: postgres({ url, max: 4 }), lease: ["org"], logger: false });
let isOver = false;
process.stdin.on("end", () => (isOver = true)).resume();

async function calls(): Promise<void> {
  while (!isOver) {
    const outputTokens = 1 + Math.floor(Math.random() * 100);
    const request = {
      provider: "openai",
      model: "gpt-4.1",
      parts: ["hello"],
      budgets: ["org"],
      maxOutputTokens: 100,
    };
    await wflo.guardCall(request, async () => ({
      value: undefined,
      outcome: { kind: "answered", usage: { inputTokens: 0, outputTokens } },
    }));
    // $8 per million tokens.
    appendFileSync(file, `${outputTokens * 8_000}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

await Promise.all(Array.from({ length: 8 }, calls));
await wflo.close();
