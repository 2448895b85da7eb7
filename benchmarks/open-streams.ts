import { Child } from "./support/child.ts";
import type { Memory, OpenStreamsReport, OpenStreamsTask } from "./support/open-streams-worker.ts";
import { printTable } from "./support/print-table.ts";
import { runBench } from "./support/run-bench.ts";
import { startPostgres } from "./support/start-postgres.ts";
import { startSimulatorProcess } from "./support/start-simulator.ts";

/** A thousand slow streams open at once: what each takes in memory, and what is left of them. */

const STREAMS = 1_000;
const TOKENS = 24;
const TOKENS_PER_SECOND = 2;
/** Bytes of heap that a stream which is over may leave behind where its entry goes to a database. */
const MOST_LEFT = 1_024;
const EXIT_MS = 10_000;
const CLIENTS: readonly OpenStreamsTask["client"][] = ["plain", "memory", "postgres"];

interface Played {
  readonly client: OpenStreamsTask["client"];
  readonly report: OpenStreamsReport;
  /** Milliseconds until the process ended by itself; undefined when it had to be killed. */
  readonly exitMs: number | undefined;
}

async function play(task: OpenStreamsTask): Promise<Played> {
  const child = new Child<OpenStreamsReport>("./open-streams-worker.ts", task);
  const report = await child.message();
  const told = performance.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), EXIT_MS);
  const { code } = await child.death;
  clearTimeout(timer);
  return { client: task.client, report, exitMs: code === 0 ? performance.now() - told : undefined };
}

function kilobytes(less: Memory, more: Memory, what: keyof Memory): string {
  return ((more[what] - less[what]) / STREAMS / 1_024).toFixed(1);
}

await runBench(`${STREAMS} streams open at once (KB a stream)`, 240, async (promises) => {
  const server = await startPostgres();
  const [slowUrl, fastUrl] = await Promise.all([
    startSimulatorProcess({ outputTokens: TOKENS, tokensPerSecond: TOKENS_PER_SECOND }),
    startSimulatorProcess({ outputTokens: TOKENS }),
  ]);
  const played: Played[] = [];
  for (const client of CLIENTS)
    played.push(await play({ client, streams: STREAMS, slowUrl, fastUrl, databaseUrl: server.url }));

  printTable(
    ["client", "heap", "external", "rss from the start", "heap left", "listeners left", "ends after ms"],
    played.map(({ client, report: { start, before, open, heaps, listeners }, exitMs }) => [
      client,
      kilobytes(before, open, "heap"),
      kilobytes(before, open, "external"),
      kilobytes(start, open, "rss"),
      (leftOf(heaps) / 1_024).toFixed(1),
      listeners,
      exitMs?.toFixed(0) ?? "killed",
    ]),
  );
  console.log();
  const plain = played.find(({ client }) => client === "plain")?.report;
  for (const { client, report, exitMs } of played) {
    promises.check(`${client}: all were open at once`, report.opened === STREAMS);
    promises.check(`${client}: no timer is left`, report.timers <= 0, String(report.timers));
    promises.check(`${client}: the process ends by itself`, exitMs !== undefined);
    if (client === "plain") continue;
    promises.check(
      `${client}: a signal of many calls keeps no more listeners than without wflo`,
      report.listeners <= (plain?.listeners ?? 0),
    );
    promises.check(`${client}: money was held`, report.openHolds.open > 0, `$${report.openHolds.open}`);
    promises.check(
      `${client}: 0 open holds at the end`,
      report.openHolds.after === 0 && report.reserved === "0.00",
    );
    // In memory the entries stay: that is the ledger.
    if (client !== "postgres") continue;
    const left = leftOf(report.heaps);
    promises.check(
      "postgres: a stream that is over leaves nothing in the heap",
      left < MOST_LEFT,
      `${left.toFixed(0)} bytes`,
    );
  }
});

/**
 * What a stream leaves in the heap, in bytes: the least of the later waves beside the least of the earlier ones. A single look is
 * some megabytes up or down, since code and its notes come and go.
 */
function leftOf(heaps: readonly number[]): number {
  const half = heaps.length / 2;
  return (Math.min(...heaps.slice(half)) - Math.min(...heaps.slice(0, half))) / (half * STREAMS);
}
