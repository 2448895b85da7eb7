import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { noopLogger } from "@mastra/core/logger";
import { Mastra } from "@mastra/core/mastra";
import { TokenCostControl, type InputProcessorOrWorkflow } from "@mastra/core/processors";
import { RequestContext } from "@mastra/core/request-context";
import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import { MastraStorageExporter, Observability } from "@mastra/observability";
import { createWflo, usd } from "@wflo/core";
import { wfloProcessor } from "@wflo/mastra";
import { startSimulator } from "@wflo/testkit/simulator";
import { median } from "./support/percentile.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";

/** What fifty runs of an agent at once spend on one budget, under wflo's processor and under Mastra's own guard. */

const AGENTS = 50;
const ROUNDS = 3;
/** Steps of a run that asks for a tool, and then answers. */
const TOOL_STEPS = 3;
const MODEL = "gpt-4.1-mini";
/** gpt-4.1-mini, per million tokens. */
const USD_IN = 0.4;
const USD_OUT = 1.6;
const REPLY = { outputTokens: 800, latencyMs: 150 };
const CAP = 0.06;
/** By then Mastra's exporter has written what it buffers. */
const FLUSH_MS = 6_000;

const look = createTool({ id: "look", description: "Looks.", execute: async () => ({ seen: "bees" }) });

interface Outcome {
  readonly spent: number;
  readonly stopped: number;
  readonly calls: number;
  readonly ms: number;
  /** Whether one more run, after Mastra has written its metrics, is stopped. */
  readonly stopsLater: boolean;
}

/** Plays the runs of one guard, with a provider and a storage of their own. */
async function play(guard: "wflo" | "mastra"): Promise<Outcome> {
  const simulator = await startSimulator({
    reply: ({ body }) => {
      const steps = JSON.stringify(body).split('"function_call_output"').length - 1;
      return steps < TOOL_STEPS ? { ...REPLY, toolCalls: [{ name: "look", arguments: "{}" }] } : REPLY;
    },
  });
  const wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "bench", caps: { total: CAP } });
  const processor: InputProcessorOrWorkflow =
    guard === "wflo"
      ? wfloProcessor({ wflo, budgets: ["bench"] })
      : new TokenCostControl({ maxCost: CAP, scope: "resource" });
  const agent = new Agent({
    id: "bench",
    name: "bench",
    instructions: "Look at the bees three times, then tell of them.",
    model: createOpenAI({ baseURL: simulator.url, apiKey: "none" })(MODEL) as never,
    tools: { look },
    inputProcessors: [processor],
  });
  const storage = new InMemoryStore();
  const observability = new Observability({
    configs: { default: { serviceName: "bench", exporters: [new MastraStorageExporter()] } },
  });
  const mastra = new Mastra({ agents: { agent }, storage, observability, logger: noopLogger as never });
  const started = performance.now();
  const ask = () =>
    mastra.getAgent("agent").generate("Bees?", {
      requestContext: new RequestContext([["mastra__resourceId", "r"]]),
      modelSettings: { maxOutputTokens: 800 },
      maxSteps: TOOL_STEPS + 2,
    } as never);
  const results = await Promise.all(Array.from({ length: AGENTS }, ask));
  const ms = performance.now() - started;
  await wflo.flush();
  const { inputTokens, outputTokens, calls } = simulator.billed();
  const spent = (inputTokens * USD_IN + outputTokens * USD_OUT) / 1e6;
  await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
  const later = await ask();
  await mastra.shutdown?.();
  await wflo.close();
  await simulator.close();
  const stopped = results.filter(({ tripwire }) => tripwire !== undefined).length;
  return { spent, stopped, calls, ms, stopsLater: later.tripwire !== undefined };
}

await runBench("mastra-guard", 180, async (promises) => {
  const outcomes: Record<"wflo" | "mastra", Outcome[]> = { wflo: [], mastra: [] };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const guard of round % 2 === 0 ? (["wflo", "mastra"] as const) : (["mastra", "wflo"] as const))
      outcomes[guard].push(await play(guard));
  const row = (name: string, found: readonly Outcome[]) => {
    const mid = (pick: (outcome: Outcome) => number) => median(found.map(pick));
    const spent = mid((outcome) => outcome.spent);
    return [
      name,
      usd(CAP.toFixed(4)).toString(),
      spent.toFixed(4),
      `${Math.max(0, (spent / CAP - 1) * 100).toFixed(0)}%`,
      mid((outcome) => outcome.calls),
      mid((outcome) => outcome.stopped),
      Math.round(mid((outcome) => outcome.ms)),
      found.every(({ stopsLater }) => stopsLater) ? "stopped" : "goes on",
    ];
  };
  printTable(
    ["guard", "cap $", "spent $", "over the cap", "calls", "runs stopped", "ms", "a run 6 s later"],
    [row("wfloProcessor", outcomes.wflo), row("TokenCostControl", outcomes.mastra)],
  );
  promises.check(
    "wfloProcessor spends no more than the cap",
    outcomes.wflo.every(({ spent }) => spent <= CAP),
  );
});
