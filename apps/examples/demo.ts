import { fork } from "node:child_process";
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { usd } from "@wflo/core";
import { startSimulator } from "@wflo/testkit/simulator";
import { orSentence } from "./demo/or-sentence.ts";
import { scriptedModel } from "./demo/scripted-model.ts";

const root = join(import.meta.dirname, "../..");
const USAGE = `npm run demo [-- <folder> --question "…" --budget 0.01 --to 0.05 --model gpt-4.1-mini --database .wflo]
npm run demo -- --resume <run id> [--to 0.05]`;

await orSentence(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      question: {
        type: "string",
        default: "Which files decide whether a call is allowed to spend money from a budget?",
      },
      model: { type: "string", default: "gpt-4.1-mini" },
      budget: { type: "string", default: "0.01" },
      to: { type: "string", default: "0.05" },
      database: { type: "string", default: join(root, ".wflo") },
      resume: { type: "string" },
    },
  });
  if (values.help) return console.log(USAGE);
  usd(values.budget);
  usd(values.to);
  const folder = resolve(positionals[0] ?? join(root, "packages/core/src/guard"));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${folder} is no folder.\n${USAGE}`);
  await explore(folder, values);
});

interface Values {
  readonly question: string;
  readonly model: string;
  readonly budget: string;
  readonly to: string;
  readonly database: string;
  readonly resume?: string | undefined;
}

/** One process starts the work and reaches its cap; another tops up and resumes. */
async function explore(
  folder: string,
  { question, model, budget, to, database, resume }: Values,
): Promise<void> {
  const simulator = process.env["OPENAI_API_KEY"]
    ? undefined
    : await startSimulator({ reply: scriptedModel });
  const env = simulator
    ? { ...process.env, OPENAI_API_KEY: "none", OPENAI_BASE_URL: simulator.url }
    : process.env;
  try {
    console.log(resume === undefined ? `An agent explores ${folder}` : `Going on with run ${resume}`);
    console.log(
      simulator
        ? "The model is the local simulator; set OPENAI_API_KEY for OpenAI.\n"
        : `The model is OpenAI's ${model}.\n`,
    );
    const runId =
      resume ?? String(await inProcess("demo/start.ts", [database, folder, question, model, budget], env));
    console.log("");
    const cost = (await inProcess("demo/resume.ts", [database, runId, to], env, runId)) as { calls: number };
    if (!simulator || resume !== undefined) return;
    const { calls, inputTokens, outputTokens } = simulator.billed();
    console.log(
      `The simulator billed ${calls} calls (${inputTokens} tokens in, ${outputTokens} out); the ledger has ${cost.calls}.`,
    );
    await graph(database);
  } finally {
    await simulator?.close();
  }
}

/** The same with a graph of LangGraph, whose branches run side by side: see `langgraph/research-graph.ts`. */
async function graph(database: string): Promise<void> {
  console.log("\nThe same with a LangGraph graph, in two more processes:\n");
  const env = { ...process.env, WFLO_FOLDER: database };
  await inProcess("langgraph/stop-at-budget.ts", [], env);
  console.log("");
  await inProcess("langgraph/resume.ts", [], env);
}

/** Runs one part of the demo in a process of its own; resolves with what it reports. */
function inProcess(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  runId?: string,
): Promise<unknown> {
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  const child = fork(join(import.meta.dirname, file), args, { env, execArgv });
  let report: unknown;
  child.on("message", (message) => (report = message));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      if (code === 0) return resolve(report);
      const id = typeof report === "string" ? report : runId;
      const hint = id === undefined ? "" : ` Go on with: npm run demo -- --resume ${id} --to 0.10`;
      reject(new Error(code === null ? `The process was killed.${hint}` : `The demo stops here.${hint}`));
    });
  });
}
