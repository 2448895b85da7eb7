import { randomUUID } from "node:crypto";
import type { Database } from "@wflo/core";
import { WfloWorkflowsStorage } from "../src/storage/wflo-workflows-storage.ts";

/** A storage, of a tenant that no other test has. */
export async function newStorage(
  database: Database,
  tenant: string = randomUUID(),
): Promise<WfloWorkflowsStorage> {
  const storage = new WfloWorkflowsStorage({ database, tenant });
  await storage.init();
  return storage;
}
