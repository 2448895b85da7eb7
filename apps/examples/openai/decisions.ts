import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { folder } from "../core/settings.ts";

const PAGES = join(folder, "docs/decisions");

/** A tool as a model is told of it, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly use: (input: { readonly number?: number }) => Promise<string>;
}

/** The design decisions of this repository by number. */
export const listDecisions: Tool = {
  name: "list_decisions",
  description: "Lists the numbers of the design decisions.",
  parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
  use: async () => (await numberedPages()).map(({ number }) => number).join(", "),
};

/** One of them as Markdown. */
export const readDecision: Tool = {
  name: "read_decision",
  description: "Reads one design decision.",
  parameters: {
    type: "object",
    properties: { number: { type: "integer" } },
    required: ["number"],
    additionalProperties: false,
  },
  use: async ({ number }) => {
    const page = (await numberedPages()).find((one) => one.number === number);
    return page ? readFile(join(PAGES, page.file), "utf8") : `There is no decision ${number}.`;
  },
};

async function numberedPages() {
  const files: string[] = [];
  for await (const file of glob("0*.md", { cwd: PAGES })) files.push(file);
  return files.sort().map((file) => ({ file, number: Number.parseInt(file, 10) }));
}
