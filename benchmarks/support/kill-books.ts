import pg from "pg";
import type { KillLine } from "./kill-log.ts";
import { killCost } from "./kill-prices.ts";
import type { ServedRequest } from "./kill-simulator.ts";

/** One entry as the table has it. Nano-dollars. */
interface EntryRow {
  readonly call_id: string;
  readonly kind: string;
  readonly held: string;
  readonly charged: string;
  readonly provider: string;
}

/** The ledger beside what the simulator served and what the workers were told. */
export interface KillBooks {
  /** Requests that the simulator has. */
  readonly requests: number;
  /** Of these, those whose answer went out whole to a client that was still there. */
  readonly whole: number;
  /** Requests whose entries add up to exactly their bill. */
  readonly settled: number;
  /** Of these, those that had been in doubt before. */
  readonly late: number;
  /** Requests with one entry, charged at the hold, in doubt. */
  readonly inDoubt: number;
  /** Calls that were granted and never sent: in doubt at their hold, or void. */
  readonly neverSent: number;
  /** Requests without an entry. */
  readonly lost: readonly string[];
  /** Requests whose entries say anything else, and calls with a bill that no request had. */
  readonly wrong: readonly string[];
  /** Grants and settles that the ledger acknowledged and does not have. */
  readonly unacknowledged: readonly string[];
  /** Calls that were granted to an execution after the run had been claimed by another. */
  readonly afterClaim: readonly string[];
}

const ENTRIES = "select call_id, kind, held, charged, provider from wflo.entry order by id";
/** Charged at the hold until the bill arrives. */
const DOUBTS = ["doubt", "expire"];

/** Compares call by call. `logs`: the lines of each run. */
export async function compareBooks(
  client: pg.Client,
  served: readonly ServedRequest[],
  logs: readonly (readonly KillLine[])[],
): Promise<KillBooks> {
  const { rows } = await client.query<EntryRow>(ENTRIES);
  const entries = Map.groupBy(rows, (row) => row.call_id);
  const requests = Map.groupBy(served, ({ callId }) => callId);
  const judged = [...requests].map(([callId, of]) => judge(callId, of, entries.get(callId) ?? []));
  const unsent = [...entries].filter(
    ([callId, [first]]) => first?.provider !== "tool" && !requests.has(callId),
  );
  const madeUp = unsent.filter(([, of]) => !(isInDoubt(of) || of.every(({ charged }) => charged === "0")));
  const count = (what: Verdict["what"]): number => judged.filter((one) => one.what === what).length;
  return {
    requests: served.length,
    whole: served.filter(({ isWhole }) => isWhole).length,
    settled: count("settled") + count("late"),
    late: count("late"),
    inDoubt: count("in doubt"),
    neverSent: unsent.length - madeUp.length,
    lost: judged.flatMap(({ what, detail }) => (what === "lost" ? [detail] : [])),
    wrong: [
      ...judged.flatMap(({ what, detail }) => (what === "wrong" ? [detail] : [])),
      ...madeUp.map(([callId, of]) => `${callId} was never sent: ${describe(of)}`),
    ],
    unacknowledged: logs.flat().flatMap((line) => missing(line, entries)),
    afterClaim: logs.flatMap((lines) => grantedAfterClaim(lines, entries)),
  };
}

interface Verdict {
  readonly what: "settled" | "late" | "in doubt" | "lost" | "wrong";
  readonly detail: string;
}

/** What became of one call that the simulator knows. */
function judge(callId: string, of: readonly ServedRequest[], entries: readonly EntryRow[]): Verdict {
  const [request] = of;
  const detail = `${callId} in ${request?.step}: ${JSON.stringify(of)} against ${describe(entries)}`;
  if (entries.length === 0) return { what: "lost", detail };
  if (of.length > 1 || request === undefined) return { what: "wrong", detail };
  if (isInDoubt(entries)) return { what: "in doubt", detail };
  const { inputTokens, outputTokens } = request;
  const cost =
    inputTokens === undefined || outputTokens === undefined ? 0n : killCost(inputTokens, outputTokens);
  const sum = entries.reduce((total, { charged }) => total + BigInt(charged), 0n);
  const kinds = entries.map(({ kind }) => kind).join(" then ");
  if (sum !== cost) return { what: "wrong", detail };
  if (kinds === "settle") return { what: "settled", detail };
  return { what: kinds === "doubt then late" ? "late" : "wrong", detail };
}

function isInDoubt(entries: readonly EntryRow[]): boolean {
  const [only, second] = entries;
  if (only === undefined || second !== undefined) return false;
  return DOUBTS.includes(only.kind) && only.charged === only.held;
}

function describe(entries: readonly EntryRow[]): string {
  return entries.map(({ kind, held, charged }) => `${kind} ${charged} of ${held}`).join(", ") || "no entry";
}

/** At the end no hold is open: a call that was granted has an entry, and one that was settled is not in doubt. */
function missing(line: KillLine, entries: ReadonlyMap<string, readonly EntryRow[]>): readonly string[] {
  if (line.what !== "call" && line.what !== "settled") return [];
  const found = entries.get(line.callId) ?? [];
  const isThere = found.length > 0 && !(line.what === "settled" && isInDoubt(found));
  return isThere ? [] : [`${line.what} ${line.callId}: ${describe(found)}`];
}

/**
 * A claim closes what older executions hold, in doubt. So a call that its process heard of after the claim, and that was never in
 * doubt, was granted after it. Both times are of this machine.
 */
function grantedAfterClaim(
  lines: readonly KillLine[],
  entries: ReadonlyMap<string, readonly EntryRow[]>,
): readonly string[] {
  const claims = lines.filter((line) => line.what === "claim");
  return lines.flatMap((line) => {
    if (line.what !== "call") return [];
    const taken = claims.some(({ epoch, atMs }) => epoch > line.epoch && line.atMs > atMs);
    const wasInDoubt = entries.get(line.callId)?.some(({ kind }) => DOUBTS.includes(kind)) ?? false;
    return taken && !wasInDoubt ? [`${line.callId} of epoch ${line.epoch}`] : [];
  });
}
