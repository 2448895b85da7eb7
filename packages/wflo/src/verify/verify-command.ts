import { InvalidOptionError, StoreUnavailableError } from "@wflo/core";
import { EXIT_CODE } from "../exit-code.ts";
import type { PlayProgress } from "./play.ts";
import { printedReport } from "./print-report.ts";
import { Interrupted, untilInterrupted } from "./until-interrupted.ts";
import { verify } from "./verify.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** Plays, prints the report, and gives the exit code. */
export async function verifyCommand(options: VerifyOptions & { readonly json: boolean }): Promise<number> {
  const line = progressLine(options.seconds);
  let hasBegun = false;
  const onProgress = (progress: PlayProgress): void => {
    hasBegun = true;
    line.show(progress);
  };
  try {
    const report = await untilInterrupted((signal) => verify(options, { signal, onProgress }));
    line.clear();
    console.log(options.json ? JSON.stringify(report, null, 2) : printedReport(report));
    return report.verdict === "kept" ? EXIT_CODE.kept : EXIT_CODE.broken;
  } catch (error) {
    line.clear();
    if (error instanceof Interrupted) {
      console.error("wflo verify was interrupted; its rows are deleted.");
      return EXIT_CODE.interrupted;
    }
    if (error instanceof InvalidOptionError) console.error(error.message);
    else if (error instanceof StoreUnavailableError) {
      const remedy = hasBegun ? "The play could not be finished." : "Or give another database with --url.";
      console.error(`${error.message} ${remedy}`);
    } else console.error(error);
    return hasBegun ? EXIT_CODE.broken : EXIT_CODE.unusable;
  }
}

/** One line on a terminal that tells how far it is. */
function progressLine(seconds: number): { show(progress: PlayProgress): void; clear(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show() {}, clear() {} };
  return {
    show({ playedMs, killed }) {
      const kills = Object.values(killed).reduce((sum, count) => sum + count, 0);
      stderr.write(
        `\r\u001b[Kplaying: ${Math.round(playedMs / 1_000)} of ${seconds} s, ${kills} processes killed`,
      );
    },
    clear: () => void stderr.write("\r\u001b[K"),
  };
}
