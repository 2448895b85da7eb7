import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT_CODE } from "./exit-code.ts";
import type { VerifyOptions } from "./verify/verify.ts";

const MOST_SEED = 1_000_000_000;
const PROCESSES = 4;

const ABOUT_VERIFY = `
What it plays: processes with parallel callers, who call through the real door (guardCall, guardStream) a far side that is
played in the process, on nested budgets whose caps are so tight that calls wait and are refused. Callers give up, bills are
missing or too high, caps go up and down, budgets are paused, holds expire, calls are corrected, processes are killed at every
point of a call. Then what callers were told is held against what the ledger has, to the nano-dollar.

Without a server it plays on embedded PGlite, in one process: nobody is killed there, and no processes race.

What it touches: rows of a tenant of its own (wflo-verify-...), which are deleted at the end, also after Ctrl-C. The tables of
wflo are made or updated as by any first use, and holds that have expired are closed as by any process that uses wflo.

Exit code: 0 when all promises were kept, 1 when one was broken, 2 when it could not be tried, 130 after Ctrl-C.`;

/** Runs `wflo` with these arguments and gives its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODE.untried;
  const program = new Command("wflo")
    .description("Hard budgets, exact cost and resumable runs for AI agents.")
    .version(versionOfPackage(), "-v, --version")
    .exitOverride();
  addVerify(program, async (options) => {
    // Loaded when it is needed: help and version should be there at once.
    const { verifyCommand } = await import("./verify/verify-command.ts");
    exitCode = await verifyCommand(options);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_CODE.untried;
  }
}

/** What commander makes of the flags. */
interface Given extends Omit<VerifyOptions, "seed" | "processes" | "url" | "folder"> {
  readonly json: boolean;
  readonly seed?: number;
  readonly processes?: number;
  readonly url?: string;
  readonly pglite?: string | true;
}

function addVerify(
  program: Command,
  action: (options: VerifyOptions & { readonly json: boolean }) => Promise<void>,
): void {
  const number = (flags: string, text: string, bounds: readonly [number, number]): Option =>
    new Option(flags, text).argParser(wholeNumber(...bounds));
  const verify = program.command("verify");
  verify
    .summary("prove on your own database that budgets hold")
    .description("Proves on your own database that no budget is passed, no money lost and none made up.")
    .option("--url <url>", "the database (default: DATABASE_URL, else embedded PGlite)")
    .addOption(
      new Option(
        "--pglite [folder]",
        "embedded PGlite even so, in a folder that stays or one that does not",
      ).conflicts(["url"]),
    )
    .addOption(number("--processes <n>", `processes that call (default: ${PROCESSES}; PGlite: 1)`, [1, 64]))
    .addOption(number("--seconds <n>", "how long they call", [1, 3_600]).default(30))
    .addOption(number("--callers <n>", "parallel callers of each process", [1, 1_000]).default(16))
    .addOption(
      number("--seed <n>", "what is played comes again with it; how races end does not", [0, MOST_SEED]),
    )
    .option("--lease", "the processes lease the budget that nearly all calls are on", false)
    .option("--keep", "leave the rows where they are, to look at them", false)
    .option("--json", "print one JSON object and nothing else", false)
    .addHelpText("after", ABOUT_VERIFY)
    .action((given: Given) => {
      const options = optionsOf(given);
      return typeof options === "string" ? verify.error(`error: ${options}`) : action(options);
    });
}

/** What was asked for, or why it cannot be. */
function optionsOf(given: Given): (VerifyOptions & { readonly json: boolean }) | string {
  const { pglite, seed = Math.floor(Math.random() * MOST_SEED), processes, ...rest } = given;
  if (given.url === "")
    return "--url is empty: give the database that is to be tried, or leave --url out to take DATABASE_URL.";
  const url = pglite === undefined ? (given.url ?? process.env["DATABASE_URL"]) || undefined : undefined;
  const folder = typeof pglite === "string" ? pglite : undefined;
  if (url === undefined && (processes ?? 1) > 1)
    return "PGlite is opened by one process: --processes needs a server, so give its --url.";
  if (url === undefined && folder === undefined && given.keep)
    return "nothing stays of a PGlite without a folder: --keep needs --url or --pglite <folder>.";
  return { ...rest, seed, url, folder, processes: processes ?? (url === undefined ? 1 : PROCESSES) };
}

/** Reads an option that takes a whole number within bounds. */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}

/** The manifest lies above `src` and `dist` alike. */
function versionOfPackage(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
