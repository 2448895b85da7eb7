import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { readTask, tell } from "./task.ts";

/** What a process that waits for money is to do. */
export interface WakeUpTask {
  readonly url: string;
  readonly budget: string;
}

/** When it was granted money, in milliseconds since 1970 with fractions; the clock of all processes of a machine. */
export interface WokenUp {
  readonly woken: number;
}

const task = readTask<WakeUpTask>();
const wflo = createWflo({ database: postgres({ url: task.url, max: 2 }), logger: false });
await wflo.budgets.get(task.budget);
await tell({ ready: true });
process.on("message", () => void wait());

async function wait(): Promise<void> {
  const request = {
    provider: "openai",
    model: "gpt-4.1",
    parts: ["x"],
    budgets: [task.budget],
    hold: "0.9",
  };
  await wflo.guardCall(request, async () => {
    await tell({ woken: performance.timeOrigin + performance.now() });
    return { value: undefined, usage: { inputTokens: 0, outputTokens: 0, reportedPicoUsd: 1_000 } };
  });
  await wflo.flush();
  await tell({ done: true });
}
