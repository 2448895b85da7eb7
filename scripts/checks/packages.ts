import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runCommand } from "./run-command.ts";
import type { StageResult } from "./stage.ts";

/** A package that is published. */
export interface PublishablePackage {
  readonly name: string;
  readonly folder: string;
}

/** The packages of the workspace that are not private. */
export function publishablePackages(root: string): readonly PublishablePackage[] {
  return globSync("packages/*/package.json", { cwd: root })
    .toSorted()
    .map((file) => ({ folder: join(root, dirname(file)), manifest: manifestOf(join(root, file)) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }) => ({ folder, name: manifest.name }));
}

/** Packs a package as it would be published; gives the tarball's path. Only pnpm rewrites `workspace:` and `catalog:`. */
export async function packPackage(target: PublishablePackage, into: string): Promise<string> {
  const file = join(into, `${target.name.replace("@", "").replace("/", "-")}.tgz`);
  const { code, output } = await runCommand("pnpm", ["pack", "--out", file], { cwd: target.folder });
  if (code !== 0) throw new Error(`pnpm pack failed for ${target.name}:\n${output}`);
  return file;
}

/** Checks a tarball's manifest and types as a consumer's resolvers see them. */
export async function checkTarball(tarball: string): Promise<StageResult> {
  const results = await Promise.all([
    runCommand("publint", ["run", tarball, "--strict"]),
    runCommand("attw", [tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]),
  ]);
  const failures = results.filter(({ code }) => code !== 0);
  return {
    passed: results.length - failures.length,
    failed: failures.length,
    details: failures.map(({ output }) => output).join("\n"),
  };
}

function manifestOf(file: string): { readonly name: string; readonly private?: boolean } {
  return JSON.parse(readFileSync(file, "utf8")) as { name: string; private?: boolean };
}
