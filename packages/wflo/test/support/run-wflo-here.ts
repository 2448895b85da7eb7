import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { runCommandLine } from "../../src/command-line.ts";
import type { Ended } from "./run-wflo.ts";

/** Runs `wflo` in this process, which is faster, with no database in its environment. */
export async function runWfloHere(args: readonly string[]): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "wflo-test-verify-"));
  vi.stubEnv("DATABASE_URL", undefined);
  vi.stubEnv("TMPDIR", folder);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => stdout.push(String(text)) > 0),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => stderr.push(String(text)) > 0),
    vi.spyOn(console, "log").mockImplementation((line) => void stdout.push(`${String(line)}\n`)),
    vi.spyOn(console, "error").mockImplementation((line) => void stderr.push(`${told(line)}\n`)),
  ];
  try {
    const code = await runCommandLine(args);
    return { code, stdout: stdout.join(""), stderr: stderr.join(""), files: readdirSync(folder) };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the console writes an error: with its stack. */
function told(line: unknown): string {
  return line instanceof Error ? String(line.stack) : String(line);
}
