import type { Rule } from "./workspace.ts";

const ADAPTERS = ["langgraph", "openai", "anthropic", "ai-sdk", "mastra", "openai-agents"];
const EVERY_ADAPTER_HAS = ["index.ts", "options.ts", "guard.ts", "usage.ts"];

/** Adapters have the same files, so that whoever knows one knows all. */
export const adapterFiles: Rule = {
  name: "adapter-files",
  check(files) {
    const paths = new Set(files.map(({ path }) => path));
    return ADAPTERS.filter((adapter) => paths.has(`packages/${adapter}/package.json`)).flatMap((adapter) =>
      EVERY_ADAPTER_HAS.map((name) => `packages/${adapter}/src/${name}`)
        .filter((path) => !paths.has(path))
        .map((path) => ({ path, message: "is missing: every adapter has a file of this name" })),
    );
  },
};
