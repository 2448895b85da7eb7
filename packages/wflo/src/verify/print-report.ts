import type { PromiseReport, VerifyReport } from "./verify-report.ts";

const NOT_ON_PGLITE =
  "PGlite is opened by one process: here no processes race and none is killed, no hold expires, no day ends, and the ledger is read through " +
  "wflo itself. --url postgres://user:password@host:5432/database tries all of it.";

/** The report as people read it. */
export function printedReport(report: VerifyReport): string {
  const { errors } = report;
  const surprises = errors.map(({ message, count }) => `  ${count} x  ${message}`);
  return [
    ...aligned(figuresOf(report)),
    "",
    ...report.promises.flatMap(promiseLines),
    ...(surprises.length === 0 ? [] : ["", "Not meant to happen:", ...surprises]),
    "",
    verdictOf(report),
  ].join("\n");
}

function figuresOf(report: VerifyReport): readonly (readonly [string, string])[] {
  const { reserveMs, waits, killed, inDoubt } = report;
  const { waitedMs } = waits;
  const kills = Object.entries(killed).map(([point, count]) => `${count} ${point}`);
  return [
    ["database", report.place],
    [
      "played",
      `${report.processes} x ${report.callers} callers for ${report.seconds} s, seed ${report.seed}`,
    ],
    ["calls answered", number(report.calls)],
    ["reserve and settle", `${number(report.pairsPerSecond)} pairs a second`],
    ...(report.leases.taken === 0
      ? []
      : [
          [
            "held on leases",
            `${number(report.leases.calls)} calls, on ${number(report.leases.taken)} leases`,
          ] as const,
        ]),
    ["reserve", `p50 ${ms(reserveMs.p50)}, p99 ${ms(reserveMs.p99)}`],
    ["waited for money", `${number(waits.count)}, p50 ${ms(waitedMs.p50)}, p99 ${ms(waitedMs.p99)}`],
    ["refused", `${number(report.refused)}; ${number(report.busy)} busy, ${number(report.paused)} paused`],
    ["refused but affordable", number(report.refusedButAffordable)],
    ["given up, failed", `${number(report.aborted)}, ${number(report.failed)}, as they were meant to`],
    ["reserves over a cap", `${number(report.reservesOverCap)} in ${number(report.looks)} looks`],
    ["over a cap by name", `${number(report.seenOverCapByName)}: overruns, and caps that were lowered`],
    ["bills above their hold", number(report.overruns)],
    ["processes killed", kills.join(", ")],
    ["in doubt", `${number(inDoubt.calls)} calls, charged $${inDoubt.charged}`],
    ["corrected by hand", number(report.corrected)],
    [
      "open holds",
      `${number(report.holdsLeft)} of killed processes, ${report.openHoldsAtEnd} after the sweep`,
    ],
    ["deadlocks", report.deadlocks === null ? "not known here" : number(report.deadlocks)],
    ["discrepancies", number(report.discrepancies)],
  ];
}

function promiseLines({ kept, promise, detail, findings }: PromiseReport): readonly string[] {
  const mark = kept === null ? "-" : kept ? "✓" : "✗";
  const told = kept === null ? `not tried: ${detail}` : detail;
  const line = `${mark} ${promise}${told === "" ? "" : `  (${told})`}`;
  return [line, ...findings.map((finding) => `    ${finding}`)];
}

function verdictOf({ verdict, promises, store, tenant, isKept }: VerifyReport): string {
  const count = (wanted: boolean | null): number => promises.filter(({ kept }) => kept === wanted).length;
  const found = verdict === "kept" ? `Kept: ${count(true)} promises` : `BROKEN: ${count(false)} promises`;
  const untried = count(null) === 0 ? "" : `, ${count(null)} not tried`;
  const rows = isKept
    ? `The rows are kept under the tenant ${tenant}.`
    : "The rows of this play are deleted.";
  return `${found}${untried}. ${rows}${store === "pglite" ? `\n${NOT_ON_PGLITE}` : ""}`;
}

function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function ms(value: number | null): string {
  return value === null ? "none" : `${value} ms`;
}
