import { InvalidOptionError, StoreUnavailableError } from "@wflo/core";
import { EXIT_CODE } from "../exit-code.ts";
import type { PlayProgress } from "./play.ts";
import { printedReport } from "./print-report.ts";
import { verify, type VerifyOptions } from "./verify.ts";

/** Somebody pressed Ctrl-C, or ended the process otherwise. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Plays, prints the report, and gives the exit code. */
export async function verifyCommand(options: VerifyOptions & { readonly json: boolean }): Promise<number> {
  const line = progressLine(options);
  try {
    const report = await untilInterrupted((signal) => verify(options, { signal, onProgress: line.show }));
    line.clear();
    console.log(options.json ? JSON.stringify(report, null, 2) : printedReport(report));
    return report.verdict === "kept" ? EXIT_CODE.kept : EXIT_CODE.broken;
  } catch (error) {
    line.clear();
    if (error instanceof Interrupted) {
      console.error(`Interrupted. The rows of the play are ${options.keep ? "kept" : "deleted"}.`);
      return EXIT_CODE.interrupted;
    }
    const isExpected = error instanceof InvalidOptionError || error instanceof StoreUnavailableError;
    console.error(isExpected ? error.message : error);
    console.error("The play could not be made, or not to its end: nothing is proved.");
    return EXIT_CODE.untried;
  }
}

/** One line on a terminal that tells how far it is. */
function progressLine({ seconds, json }: { readonly seconds: number; readonly json: boolean }): {
  readonly show: (progress: PlayProgress) => void;
  readonly clear: () => void;
} {
  const { stderr } = process;
  if (!stderr.isTTY || json) return { show() {}, clear() {} };
  return {
    show({ place, playedMs, killed }) {
      const kills = Object.values(killed).reduce((sum, count) => sum + count, 0);
      const played = `${Math.round(playedMs / 1_000)} of ${seconds} s`;
      stderr.write(`\r\u001b[Kplaying on ${place}: ${played}, ${kills} processes killed`);
    },
    clear: () => void stderr.write("\r\u001b[K"),
  };
}

/** Does what can be ended early: its signal aborts with `Interrupted` when the process is told to end. A second time ends it at once. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const forget = (): void => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  const interrupt = (): void => {
    forget();
    controller.abort(new Interrupted("Interrupted."));
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    forget();
  }
}
