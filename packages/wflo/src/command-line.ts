import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { EXIT_CODE } from "./exit-code.ts";
import type { VerifyOptions } from "./verify/verify-options.ts";
import { wholeNumber } from "./whole-number.ts";

const MOST_SEED = 1_000_000_000;

const ABOUT_VERIFY = `
What it plays: processes with parallel callers, who call through the real door (guardCall, guardStream) a far side that is
played in the process, on nested budgets whose caps are so tight that calls wait and are refused. Callers give up, bills are
missing or too high, caps go up and down, budgets are paused, calls are corrected, processes are killed at every point of a call.

What it touches: rows of a tenant of its own (wflo-verify-...), which are deleted at the end, also after Ctrl-C. The tables of
wflo are made or updated as by any first use, and holds that have expired are closed as by any process that uses wflo.

Exit code: 0 when all promises were kept, 1 when one was broken, 2 for arguments or a database that cannot be used.`;

/** Runs `wflo` with these arguments and gives its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODE.unusable;
  const program = new Command("wflo")
    .description("Hard budgets, exact cost and resumable runs for AI agents.")
    .version(versionOfPackage(), "-v, --version")
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
  verifyOf(program, async (options) => {
    // Loaded when it is needed: help and version should be there at once.
    const { verifyCommand } = await import("./verify/verify-command.ts");
    exitCode = await verifyCommand(options);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_CODE.unusable;
  }
}

function verifyOf(
  program: Command,
  action: (options: VerifyOptions & { readonly json: boolean }) => Promise<void>,
): void {
  const number = (flags: string, text: string, bounds: readonly [number, number]): Option =>
    new Option(flags, text).argParser(wholeNumber(...bounds));
  program
    .command("verify")
    .summary("prove on your own database that budgets hold")
    .description("Proves on your own database that no budget is passed, no money lost and none made up.")
    .option("--url <url>", "the database (default: DATABASE_URL, else PGHOST and the others)")
    .addOption(
      new Option(
        "--pglite <folder>",
        "embedded PGlite instead; one process, of which none is killed",
      ).conflicts(["url", "processes"]),
    )
    .addOption(number("--processes <n>", "processes that call", [1, 64]).default(4))
    .addOption(number("--seconds <n>", "how long they call", [1, 3_600]).default(30))
    .addOption(number("--callers <n>", "parallel callers of each process", [1, 1_000]).default(16))
    .addOption(
      number("--seed <n>", "what is played comes again with it; how races end does not", [0, MOST_SEED]),
    )
    .option("--keep", "leave the rows where they are, to look at them", false)
    .option("--json", "print one JSON object and nothing else", false)
    .addHelpText("after", ABOUT_VERIFY)
    .action(async (given: Given) => {
      const { seed = Math.floor(Math.random() * MOST_SEED), url, pglite, ...rest } = given;
      const processes = pglite === undefined ? rest.processes : 1;
      await action({ ...rest, seed, url, pglite, processes });
    });
}

type Given = Omit<VerifyOptions, "seed" | "url" | "pglite"> & {
  readonly json: boolean;
  readonly seed?: number;
  readonly url?: string;
  readonly pglite?: string;
};

/** The manifest lies above `src` and `dist` alike. */
function versionOfPackage(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
