import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "../../packages/testkit/src/simulator/index.ts";
import { runCommand } from "../checks/run-command.ts";
import type { StageResult } from "../checks/stage.ts";
import { bundleApp } from "./bundle-app.ts";

/** What the check needs. `tarballs` are by package name. */
export interface PackedAppOptions {
  readonly root: string;
  readonly scratch: string;
  readonly tarballs: ReadonlyMap<string, string>;
}

const APP_PACKAGES = ["@wflo/core", "@wflo/openai", "@wflo/ai-sdk", "@wflo/postgres", "wflo"];
const FRAMEWORKS = [
  "openai",
  "ai",
  "@ai-sdk/openai",
  "@ai-sdk/provider",
  "zod",
  "@electric-sql/pglite",
  "@types/node",
];
const INSTALL = [
  "install",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--no-package-lock",
  "--loglevel=error",
];

const VERIFY = ["--no-install", "wflo", "verify", "--seconds", "1", "--callers", "4"];

/**
 * Installs the tarballs with plain npm into an empty app outside the workspace, type-checks it and runs it.
 * Five checks: the install, the types, the run, the run of a bundle, and the command.
 */
export async function checkPackedApp(options: PackedAppOptions): Promise<StageResult> {
  const app = join(options.scratch, "app");
  mkdirSync(app);
  cpSync(join(options.root, "scripts", "packed-app", "app"), app, { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify(appManifest(options), null, 2));
  const installed = await runCommand("npm", INSTALL, { cwd: app });
  if (installed.code !== 0)
    return { passed: 0, failed: 5, note: "npm install failed", details: installed.output };

  const simulator = await startSimulator({
    reply: () => ({ text: "Hello from the simulator.", inputTokens: 15, outputTokens: 10 }),
  });
  try {
    const results = [
      await runCommand("tsc", ["--project", app], { cwd: app }),
      await runCommand(process.execPath, ["main.ts"], {
        cwd: app,
        env: { ...process.env, SIMULATOR_URL: simulator.url },
      }),
      await runCommand(process.execPath, [await bundleApp(app, "bundled.ts")], { cwd: app }),
      // Without a database: on PGlite.
      await runCommand("npx", VERIFY, { cwd: app, env: { ...process.env, DATABASE_URL: "" } }),
    ];
    const failures = results.filter(({ code }) => code !== 0);
    return {
      passed: 1 + results.length - failures.length,
      failed: failures.length,
      note: "tarballs installed by npm, type-checked, run and bundled",
      details: failures.map(({ output }) => output).join("\n"),
    };
  } finally {
    await simulator.close();
  }
}

/** An ES module app that depends on the tarballs, and on the frameworks in the versions that this workspace tests. */
function appManifest({ root, tarballs }: PackedAppOptions): object {
  const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
  const version = (name: string): string => {
    const found = new RegExp(`^ {2}"?${name}"?: (\\S+)$`, "m").exec(catalog)?.[1];
    if (!found) throw new Error(`pnpm-workspace.yaml has no catalog entry for ${name}`);
    return found;
  };
  const others = FRAMEWORKS.map((name) => [name, version(name)]);
  const packed = APP_PACKAGES.map((name) => [name, `file:${tarballs.get(name)}`]);
  return {
    name: "packed-app",
    private: true,
    type: "module",
    dependencies: Object.fromEntries([...packed, ...others]),
  };
}
