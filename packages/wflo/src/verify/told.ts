import { readCallLog } from "./call-log.ts";
import type { LogLine } from "./call-log.ts";
import { Tally } from "./tally.ts";

/** What a process asked of the ledger for one call, and what it heard. Nano-dollars. */
export interface ToldCall {
  readonly budgets: readonly string[];
  /** Whether its process was killed. */
  readonly isOrphan: boolean;
  /** False for a call that was held on a lease: its process let it through. */
  readonly wasAsked: boolean;
  /** It is no call but a lease. */
  readonly isLease: boolean;
  /** What it said that it cost when it was over; again where its bill came after all. */
  readonly ended: bigint[];
  /** The acknowledged hold. */
  held: bigint | undefined;
  /** What its last acknowledged settle said it was charged. */
  charged: bigint | undefined;
  /** Amounts of settles that were sent and not acknowledged so far; undefined stands for the hold. */
  readonly unheard: (bigint | undefined)[];
  /** Calls that asked to take its hold over. */
  readonly heirs: string[];
}

/** All that the processes wrote down. */
export interface Told {
  readonly calls: ReadonlyMap<string, ToldCall>;
  readonly tally: Tally;
  /** Settles whose answer was another amount than was asked for, in sentences. */
  readonly misheard: readonly string[];
}

/** Reads the logs of all processes, dead or alive. */
export function readTold(logs: readonly { readonly file: string; readonly isKilled: boolean }[]): Told {
  const calls = new Map<string, ToldCall>();
  const tally = new Tally();
  const misheard: string[] = [];
  for (const { file, isKilled } of logs) {
    for (const line of readCallLog(file)) {
      tally.add(line);
      if ("call" in line) take({ calls, misheard }, line, isKilled);
    }
  }
  return { calls, tally, misheard };
}

function take(
  { calls, misheard }: { readonly calls: Map<string, ToldCall>; readonly misheard: string[] },
  line: Extract<LogLine, { readonly call: string }>,
  isOrphan: boolean,
): void {
  if (line.what === "ask") {
    const { call, budgets, replaces } = line;
    calls.set(call, newCall({ budgets, isOrphan, wasAsked: true, isLease: line.lease === true }));
    if (replaces !== undefined) calls.get(replaces)?.heirs.push(call);
    return;
  }
  if (line.what === "ended" && !calls.has(line.call)) {
    const { budgets } = line;
    calls.set(line.call, newCall({ budgets, isOrphan, wasAsked: false, isLease: false }));
  }
  const told = calls.get(line.call);
  if (told === undefined) return;
  switch (line.what) {
    case "got":
      told.held = BigInt(line.held);
      break;
    case "ended":
      told.ended.push(BigInt(line.cost));
      break;
    case "closing":
      told.unheard.push(line.cost === undefined ? undefined : BigInt(line.cost));
      break;
    case "closed":
      if (!isAnswerTo(told, line))
        misheard.push(`Call ${line.call} was settled at another amount than asked.`);
      told.unheard.shift();
      // A void of a hold that was never taken is no charge.
      if (line.code !== "unknown") told.charged = BigInt(line.charged);
  }
}

function newCall(of: Pick<ToldCall, "budgets" | "isOrphan" | "wasAsked" | "isLease">): ToldCall {
  return { ...of, ended: [], held: undefined, charged: undefined, unheard: [], heirs: [] };
}

/** A settle without a cost asks for what is held. */
function isAnswerTo(
  { unheard, held }: ToldCall,
  { code, charged }: Extract<LogLine, { readonly what: "closed" }>,
): boolean {
  if (code !== "settled" && code !== "late") return true;
  return unheard.some((cost) => (cost ?? held ?? BigInt(charged)) === BigInt(charged));
}
