import type { Wflo } from "@wflo/core";
import { tool, type Tool } from "ai";
import { z } from "zod";

/** The budget of a user's month, made when they first come; a cap that was changed since then stays. */
export async function monthBudget(wflo: Wflo, user: string, month: string): Promise<string> {
  const id = `user/${user}`;
  if (!(await wflo.budgets.get(id))) await wflo.budgets.set({ id, caps: { month } });
  return id;
}

/** A tool that tells the model, and so the user, what is left of it. */
export function monthLeft(wflo: Wflo, budget: string): Tool<Record<string, never>, string> {
  return tool({
    description: "Tells how many dollars of the user's month are left.",
    inputSchema: z.object({}),
    execute: async () => `$${(await wflo.budgets.get(budget))?.left}`,
  });
}
