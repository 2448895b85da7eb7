import { Mastra } from "@mastra/core/mastra";
import { createWflo, type Database } from "@wflo/core";
import { mastraWorkflow, type AnyMastraModel } from "@wflo/mastra";
import { crewStorage } from "./crew-storage.ts";
import { crewOf } from "./crew.ts";
import { digestWorkflow } from "./digest-workflow.ts";

/** The same in every process: the workflow of Mastra's, whose runs are kept by wflo, and a workflow of wflo's that runs it. */
export function openDigest(chatModel: AnyMastraModel, database: Database) {
  const wflo = createWflo({ database });
  const digest = digestWorkflow(crewOf(chatModel, wflo).listAgents());
  const mastra = new Mastra({ workflows: { digest }, storage: crewStorage(database), logger: false });
  return { wflo, digest: wflo.workflow("mastra-digest", mastraWorkflow(mastra.getWorkflow("digest"))) };
}
