import { setTimeout as sleep } from "node:timers/promises";
import {
  BudgetBusyError,
  BudgetExceededError,
  BudgetPausedError,
  ClientClosedError,
  type CrashPoint,
  createWflo,
  type Database,
  HoldExceededError,
  usd,
  type Wflo,
} from "@wflo/core";
import { budgetsOfCall, budgetsOfHotCall, HOT_ID } from "./budget-tree.ts";
import type { Note } from "./call-log.ts";
import { PLAY_PRICES, PlayedFailure } from "./far-side.ts";
import { CutStream, PlayedAbort, playCall, type PlayedCalls } from "./play-call.ts";
import { Random } from "./random.ts";
import { sentenceOf, watchedDatabase } from "./watched-database.ts";

/** Parallel callers of one process. */
export interface CallersOptions {
  readonly database: Database;
  readonly tenant: string;
  readonly callers: number;
  readonly seed: number;
  /** The budget that is hot is leased. */
  readonly lease: boolean;
  readonly note: Note;
  readonly crashPoint?: (name: CrashPoint) => void;
}

/** Callers at work. `stop` resolves when the ledger has all their charges. */
export interface Callers {
  stop(): Promise<void>;
}

/** Long enough for money to come free, short enough that a wait for the hold of a dead process ends within the play. */
const WAIT_MS = 2_000;
const DRAIN_MS = 1_000;
/** A caller that was not answered takes a breath, as a user would. */
const BREATH_MS = 100;

/** A refusal that counts what calls hold which wait for this one says so in its sentence, and in no field. */
const STUCK = "held by calls that wait for this one";

/** Starts callers that call until they are stopped. */
export function startCallers(options: CallersOptions): Callers {
  const { tenant, note, crashPoint } = options;
  const wflo = createWflo({
    database: watchedDatabase(options.database, note),
    tenant,
    prices: PLAY_PRICES,
    logger: false,
    settle: "background",
    waitMs: WAIT_MS,
    drainMs: DRAIN_MS,
    lease: options.lease ? [HOT_ID] : undefined,
    crashPoint,
  });
  noteEnds(wflo, note);
  const waiting = new Set<string>();
  wflo.on("call-waiting", ({ callId }) => void waiting.add(callId));
  wflo.on("call-start", ({ callId, waitedMs }) => {
    if (waiting.delete(callId)) note({ what: "waited", ms: waitedMs });
  });
  let isOver = false;
  const budgetsOf = options.lease ? budgetsOfHotCall : budgetsOfCall;
  const how: PlayedCalls = { budgetsOf, onInnerFailure: (error) => noteFailure(note, error) };
  const call = async (random: Random): Promise<void> => {
    while (!isOver) await callOnce(wflo, random, how, note);
  };
  const work = Promise.all(
    Array.from({ length: options.callers }, (_, at) => call(new Random(options.seed * 1_000 + at))),
  );
  return {
    async stop() {
      isOver = true;
      // Those who wait for money are let go.
      await wflo.close();
      await work;
    },
  };
}

/** What calls say that they cost: of those on leases the ledger hears later, and nothing else. */
function noteEnds(wflo: Wflo, note: Note): void {
  const budgetsOf = new Map<string, readonly string[]>();
  wflo.on("call-start", ({ callId, budgetIds }) => void budgetsOf.set(callId, budgetIds));
  wflo.on("call-end", ({ callId: call, cost }) => {
    note({ what: "ended", call, budgets: budgetsOf.get(call) ?? [], cost: String(usd(cost).nanoUsd) });
    budgetsOf.delete(call);
  });
}

async function callOnce(wflo: Wflo, random: Random, how: PlayedCalls, note: Note): Promise<void> {
  try {
    await playCall(wflo, random, how);
    note({ what: "answered" });
  } catch (error) {
    noteFailure(note, error);
    await sleep(random.between(1, BREATH_MS));
  }
}

/** Notes how a call ended that was not answered: as it was meant to, or as nobody meant it to. */
function noteFailure(note: Note, error: unknown): void {
  if (error instanceof BudgetExceededError) {
    const { budgetId: budget, needed, cap, spent } = error;
    return note({ what: "exceeded", budget, needed, cap, spent, isStuck: error.message.includes(STUCK) });
  }
  if (error instanceof BudgetBusyError) return note({ what: "busy" });
  if (error instanceof BudgetPausedError) return note({ what: "paused" });
  if (error instanceof PlayedAbort || error instanceof ClientClosedError) return note({ what: "aborted" });
  // A stream is cut where its answer passed its hold, as an overrun does, and where its cap was lowered.
  if (error instanceof HoldExceededError || error instanceof CutStream) return note({ what: "failed" });
  if (error instanceof PlayedFailure) return note({ what: "failed" });
  note({ what: "error", message: sentenceOf(error) });
}
