import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository: its own pages are what the examples read. */
export const folder = rootAbove(import.meta.dirname);

/** What they are asked. */
export const question = "How do budgets and checkpoints help a resumed run?";

/** Where runs are kept between processes. */
export const stateFolder = process.env["WFLO_FOLDER"] ?? join(folder, ".wflo");

/** Mastra's dev tool puts this file into a bundle elsewhere: the way up is not always as long. */
function rootAbove(from: string): string {
  const above = dirname(from);
  return above === from || existsSync(join(from, "pnpm-workspace.yaml")) ? from : rootAbove(above);
}
