import { fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSimulator } from "@wflo/testkit/simulator";
import { scriptedModel } from "./demo/scripted-model.ts";

// npm run demo [-- <folder> --question "…" --budget 0.01 --to 0.05 --model gpt-4.1-mini --database .wflo]
const root = join(import.meta.dirname, "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    question: {
      type: "string",
      default: "Which files decide whether a call is allowed to spend money from a budget?",
    },
    model: { type: "string", default: "gpt-4.1-mini" },
    budget: { type: "string", default: "0.01" },
    to: { type: "string", default: "0.05" },
    database: { type: "string", default: join(root, ".wflo") },
  },
});
const folder = positionals[0] ?? join(root, "packages/core/src/guard");
const simulator = process.env["OPENAI_API_KEY"] ? undefined : await startSimulator({ reply: scriptedModel });
const env = simulator
  ? { ...process.env, OPENAI_API_KEY: "none", OPENAI_BASE_URL: simulator.url }
  : process.env;

console.log(`An agent explores ${folder}`);
console.log(
  simulator
    ? "The model is the local simulator; set OPENAI_API_KEY for OpenAI.\n"
    : `The model is OpenAI's ${values.model}.\n`,
);
try {
  const runId = await inProcess("start.ts", [
    values.database,
    folder,
    values.question,
    values.model,
    values.budget,
  ]);
  console.log("");
  const cost = (await inProcess("resume.ts", [values.database, String(runId), values.to])) as {
    calls: number;
  };
  if (simulator) {
    const { calls, inputTokens, outputTokens } = simulator.billed();
    console.log(
      `The simulator billed ${calls} calls (${inputTokens} tokens in, ${outputTokens} out); the ledger has ${cost.calls}.`,
    );
  }
} finally {
  await simulator?.close();
}

/** Runs one part of the demo in a process of its own; resolves with what it reports. */
function inProcess(file: string, args: readonly string[]): Promise<unknown> {
  const child = fork(join(import.meta.dirname, "demo", file), args, {
    env,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let report: unknown;
  child.on("message", (message) => (report = message));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve(report) : reject(new Error(`${file} ended with code ${code}`)),
    );
  });
}
