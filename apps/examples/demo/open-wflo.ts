import { createWflo, type Wflo, type Workflow } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { pglite } from "@wflo/postgres/pglite";
import OpenAI from "openai";
import { exploreFolder, type Question } from "./explore-folder.ts";

/** The same in every process: the database in a folder, the metered client, the workflow, and a line for each step. */
export function openWflo(folder: string): {
  readonly wflo: Wflo;
  readonly explore: Workflow<Question, string>;
} {
  const wflo = createWflo({ database: pglite(folder) });
  const openai = wfloOpenAI(new OpenAI(), { wflo });
  const explore = exploreFolder(wflo, openai);
  showSteps(wflo);
  return { wflo, explore };
}

/** Prints each step with its tokens, its cost and what is left of the run's budget. */
function showSteps(wflo: Wflo): void {
  wflo.on("call-end", ({ step = "", usage, cost, reason }) => {
    const tokens = usage
      ? `${usage.inputTokens} tokens in, ${usage.outputTokens} out`
      : `no answer (${reason})`;
    console.log(`  ${step.padEnd(8)} ${tokens}: $${cost}`);
  });
  wflo.on("step-saved", ({ runId }) => {
    void wflo.budgets
      .get(`run/${runId}`)
      .then((budget) => console.log(`           saved; $${budget?.left} left`));
  });
  wflo.on("step-skipped", ({ step }) =>
    console.log(`  ${step.padEnd(8)} saved before: not run and not paid again`),
  );
}
