import type { ChatOpenAI } from "@langchain/openai";
import { budgetExceededIn } from "@wflo/core";
import { pglite } from "@wflo/postgres/pglite";
import { folder, question, stateFolder } from "../core/settings.ts";
import { orSentence } from "../demo/or-sentence.ts";
import { openResearch } from "./open-research.ts";
import { withModel } from "./with-model.ts";

/** The same graph with too little money: the call that does not fit is not sent, and the branches beside it come to their end. */
async function stopAtBudget(model: ChatOpenAI): Promise<void> {
  const { wflo, graph, research } = openResearch(model, pglite(stateFolder));
  try {
    await research.run({ folder, question }, { budget: "0.007" });
    console.log("The work was done before the cap was reached.");
  } catch (error) {
    const refusal = budgetExceededIn(error);
    if (refusal?.runId === undefined) throw error;
    console.log(`${refusal.message}\n`);
    const run = await wflo.runs.get(refusal.runId);
    const { tasks, next } = await graph.getState({ configurable: { thread_id: refusal.runId } });
    console.log(
      `Run ${refusal.runId} is ${run?.status}: ${run?.cost.calls} calls for $${run?.cost.total}, and none more was sent.`,
    );
    console.log(
      `Its thread stands before: ${next.join(", ")} (${tasks.length - next.length} of ${tasks.length} branches are done)`,
    );
    console.log(`\nGo on with: npm run example langgraph/resume ${refusal.runId}`);
  } finally {
    await wflo.close();
  }
}

await orSentence(() => withModel(stopAtBudget));
