import { join } from "node:path";
import { Mastra } from "@mastra/core/mastra";
import { createWflo } from "@wflo/core";
import { meterModel, suspendAtBudget } from "@wflo/mastra";
import { pglite } from "@wflo/postgres/pglite";
import { folder } from "../../../examples/core/settings.ts";
import { crewStorage } from "../../../examples/mastra/crew-storage.ts";
import { crewOf } from "../../../examples/mastra/crew.ts";
import { digestWorkflow } from "../../../examples/mastra/digest-workflow.ts";
import { openProvider } from "./open-provider.ts";

const database = pglite(process.env["WFLO_FOLDER"] ?? join(folder, "apps/mastra-studio/.wflo"));
const wflo = createWflo({ database });
// Low, so that a refusal is soon seen. To go on: a higher one, here or in the environment.
await wflo.budgets.set({ id: "user/42", caps: { day: process.env["DAY_CAP"] ?? "0.005" } });

const openai = await openProvider();
const model = meterModel(openai("gpt-4.1-mini"), { wflo, budgets: ["user/42"] });
const { reader, editor, supervisor } = crewOf(model, wflo).listAgents();
// The last that Mastra does before it stops, or loads a changed file: what calls came to is then in the folder.
const storage = Object.assign(crewStorage(database), { close: () => wflo.close() });

/** The crew of the examples and its workflow, all on one budget, for Mastra's dev tool. */
export const mastra = new Mastra({
  agents: { reader, editor, supervisor },
  workflows: { digest: suspendAtBudget(digestWorkflow({ reader, editor })) },
  storage,
});
