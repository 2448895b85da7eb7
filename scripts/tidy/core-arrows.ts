import { importsOf, targetOf } from "./imports.ts";
import { isPublished, type Rule } from "./workspace.ts";

const LEAVES = ["ports", "errors", "telemetry"];

/**
 * What each folder of core may import, besides itself. Files at the top of core (the client, the index) may import all.
 * money < pricing < budget < run < guard < wrappers; checkpoint < run; leases stand on budget, and nobody on them; ports and errors are leaves, telemetry describes what
 * they hold, and money with its errors is what everything counts in.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  money: ["errors"],
  errors: ["money", "ports"],
  ports: ["errors", "money"],
  telemetry: ["errors", "money", "ports", "pricing"],
  pricing: ["money", ...LEAVES],
  budget: ["money", "pricing", ...LEAVES],
  leases: ["budget", ...LEAVES],
  checkpoint: ["money", ...LEAVES],
  run: ["checkpoint", "budget", "money", ...LEAVES],
  guard: ["money", "pricing", "budget", "checkpoint", "run", ...LEAVES],
  wrappers: ["money", "pricing", "budget", "checkpoint", "run", "guard", ...LEAVES],
  host: ["ports"],
  memory: ["ports", "host", "budget", "money", "errors"],
};

/** The arrows inside core. */
export const coreArrows: Rule = {
  name: "core-arrows",
  check(files) {
    return files
      .filter(({ path }) => isPublished(path))
      .flatMap((file) => {
        const from = folderOf(file.path);
        if (from === undefined) return [];
        const allowed = MAY_IMPORT[from];
        if (!allowed)
          return [
            {
              path: file.path,
              message: `core has no place for a folder ${from}: add it to scripts/tidy/core-arrows.ts`,
            },
          ];
        return importsOf(file).flatMap((imported) => {
          const target = targetOf(file, imported);
          if (target === undefined) return [];
          const to = folderOf(target);
          if (to === from || (to !== undefined && allowed.includes(to))) return [];
          return [
            {
              path: file.path,
              line: imported.line,
              message: `${from} may not import ${to ?? "the top of core"}`,
            },
          ];
        });
      });
  },
};

function folderOf(path: string): string | undefined {
  return /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1];
}
