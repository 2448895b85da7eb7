import { decimalUsd, usd, type MoneyInput } from "../money/money.ts";
import type { Ids } from "../ports/ids.ts";
import type { Entry, EntryFilter, EntryKind, LedgerStore } from "../ports/ledger-store.ts";
import { explainCall, type CallExplanation } from "./explain-call.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import { checkNames, checkOptions, type OptionNames } from "./check-options.ts";
import { inBookingOrder } from "./in-booking-order.ts";
import type { PageFilter } from "./page-filter.ts";
import { pageSize } from "./page-size.ts";
import { reprice, REPRICE_FILTERS, type RepriceFilter, type Repricing } from "./reprice.ts";
import type { SettleOutbox } from "./settle-outbox.ts";

const CALL_FILTERS: OptionNames<EntryFilter> = {
  runId: true,
  thread: true,
  callId: true,
  budgetId: true,
  inDoubt: true,
  after: true,
  limit: true,
};
const DEFAULT_PAGE = 100;
/** Lines of one call that are read at a time. */
const ONE_CALL = 1_000;
/** Expired holds of dead processes closed at a look. */
const EXPIRE_AT_ONCE = 100;
const FLUSH_MS = 10_000;

/** One line of the ledger for people. Money is a decimal string in US dollars. */
export interface LedgerLine {
  readonly id: string;
  readonly callId: string;
  readonly kind: EntryKind;
  readonly budgetIds: readonly string[];
  readonly held: string;
  /** What this line changed; negative when a correction gave money back. */
  readonly charged: string;
  readonly inDoubt: boolean;
  readonly at: Date;
  readonly runId: string | undefined;
  readonly step: string | undefined;
  readonly agent: string | undefined;
  /** The thread of a framework in which it was made, and the checkpoint there from which it went on. */
  readonly thread: string | undefined;
  readonly checkpointId: string | undefined;
  readonly provider: string;
  readonly model: string;
  /** Rate card, tokens by kind, estimate against actual, latency, and why. */
  readonly receipt: Readonly<Record<string, unknown>>;
}

/** `wflo.calls`: what was paid, line by line. */
export interface Calls {
  /**
   * By ascending id; `after` goes on where a page ended. At most 1,000 a page, 100 by default. An id is as old as the end of its call: a bill that waited for
   * the database comes in among lines that were there before.
   */
  list(filter?: PageFilter<EntryFilter>): Promise<readonly LedgerLine[]>;
  /** The lines of one call, as they were booked; none when it is unknown or still open. */
  get(callId: string): Promise<readonly LedgerLine[]>;
  /**
   * Why a call was charged what it was charged: tokens and rates, hold, budgets, an output cap that was written, how it ended.
   * Undefined when it is unknown or still open.
   */
  explain(callId: string): Promise<CallExplanation | undefined>;
  /** Sets what a closed call has cost by hand, such as one in doubt. False when no closed call has this id. */
  resolve(callId: string, options: { readonly cost: MoneyInput; readonly note?: string }): Promise<boolean>;
  /**
   * Prices past calls again by the prices that this client has now (a corrected `prices`, a newer list), each as of when it was made, and
   * writes a correction where the cost differs. Entries stay as they are, and so does what was set by hand.
   */
  reprice(filter?: RepriceFilter): Promise<Repricing>;
}

/** `wflo.calls` on a ledger; `onMoney` is told whose waiting calls may find money now. */
export function createCalls(
  services: {
    readonly tenant: string;
    readonly ledger: LedgerStore;
    readonly outbox: SettleOutbox;
    readonly ids: Ids;
    readonly catalogue: Catalogue;
  },
  onMoney: (budgetIds: readonly string[]) => void,
): Calls {
  const { tenant, ledger, outbox, ids, catalogue } = services;
  const brought = async () => {
    await outbox.flush(FLUSH_MS);
    // Who looks for calls in doubt means those of dead processes too.
    await ledger.expire(EXPIRE_AT_ONCE);
  };
  const list = async (filter: PageFilter<EntryFilter>) => {
    await brought();
    const limit = pageSize(filter.limit, DEFAULT_PAGE);
    return (await ledger.listEntries(tenant, { ...filter, limit })).map(lineOf);
  };
  const entriesOf = async (callId: string) => {
    const entries: Entry[] = [];
    for (let after: string | undefined; ; after = entries.at(-1)?.id) {
      const page = await ledger.listEntries(tenant, { callId, after, limit: ONE_CALL });
      entries.push(...page);
      if (page.length < ONE_CALL) return inBookingOrder(entries);
    }
  };
  const ofCall = async (anyCase: string) => {
    await brought();
    return (await entriesOf(anyCase.toLowerCase())).map(lineOf);
  };
  const correct = async (callId: string, costNanoUsd: bigint, receipt: Readonly<Record<string, unknown>>) => {
    const correctionId = ids.next();
    const verdict = await ledger.correct(tenant, { callId, correctionId, costNanoUsd, receipt });
    if (!verdict) return false;
    const [line] = await ledger.listEntries(tenant, { callId, limit: 1 });
    onMoney(line?.budgetIds ?? []);
    return true;
  };
  return {
    list: (filter) => list(checkOptions("The filters of calls", filter, CALL_FILTERS)),
    get: ofCall,
    explain: async (callId) => explainCall(await ofCall(callId)),
    async resolve(anyCase, resolution) {
      checkNames("The resolution of a call", resolution, { cost: true, note: true });
      const { cost, note } = resolution;
      await outbox.flush(FLUSH_MS);
      const receipt = { resolvedBy: "hand", ...(note === undefined ? {} : { note }) };
      return await correct(anyCase.toLowerCase(), usd(cost).nanoUsd, receipt);
    },
    async reprice(filter = {}) {
      await outbox.flush(FLUSH_MS);
      return await reprice(checkOptions("What is priced again", filter, REPRICE_FILTERS), {
        catalogue,
        list: (which) => ledger.listEntries(tenant, which),
        linesOf: (callId) => entriesOf(callId),
        correct: async (callId, { nanoUsd }, receipt) => void (await correct(callId, nanoUsd, receipt)),
      });
    },
  };
}

function lineOf(entry: Entry): LedgerLine {
  const { id, callId, kind, budgetIds, inDoubt, at, receipt } = entry;
  const { runId, step, agent, thread, checkpointId, provider, model } = entry.label;
  const held = decimalUsd(entry.heldNanoUsd);
  const charged = decimalUsd(entry.chargedNanoUsd);
  return {
    id,
    callId,
    kind,
    budgetIds,
    held,
    charged,
    inDoubt,
    at,
    runId,
    step,
    agent,
    thread,
    checkpointId,
    provider,
    model,
    receipt,
  };
}
