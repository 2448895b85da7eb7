/** What is shipped as one file, as to AWS Lambda: its tables are made without the files of the package. */
import assert from "node:assert/strict";
import { createWflo } from "@wflo/core";
import { postgres } from "@wflo/postgres";
import { pglite } from "@wflo/postgres/pglite";

async function setBudget(): Promise<void> {
  assert.equal(typeof postgres, "function");
  const wflo = createWflo({ database: pglite() });
  const { left } = await wflo.budgets.set({ id: "user/42", caps: { total: "1.00" } });
  assert.equal(left, "1.00");
  await wflo.close();
  console.log("bundled app ok");
}

void setBudget();
