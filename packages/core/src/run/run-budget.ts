import { MAX_NAME } from "../budget/check-name.ts";

/** Of a digest, so that no two paths share one. Hexadecimal digits. */
const DIGEST = 32;

/** The id of the budget that a run has of its own. */
export function runBudgetId(runId: string): string {
  return `run/${runId}`;
}

/** The id of the budget of an agent of a run, by its path; of a path that is too long for a name, its beginning and a digest. */
export async function agentBudgetId(runId: string, path: string): Promise<string> {
  const id = `${runBudgetId(runId)}/${path}`;
  if (id.length <= MAX_NAME) return id;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(path)));
  const digest = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${id.slice(0, MAX_NAME - DIGEST - 1).toWellFormed()}~${digest.slice(0, DIGEST)}`;
}
