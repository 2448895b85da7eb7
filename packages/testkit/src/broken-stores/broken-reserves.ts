import type { Database, LedgerStore, ReserveRequest, ReserveVerdict, WindowState } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

type Reserve = LedgerStore["reserve"];

/** A store whose `reserve` is what `bend` makes of the true verdict. */
function bent(
  name: string,
  breaks: string,
  bend: (verdict: ReserveVerdict, request: ReserveRequest, database: Database) => Promise<ReserveVerdict>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const reserve: Reserve = async (request) =>
        bend(await database.ledger.reserve(request), request, database);
      return withMethods(database, { ledger: { reserve } });
    },
  };
}

/** The verdict on an easier request if that one is granted; else the true one. */
async function ifGranted(
  verdict: ReserveVerdict,
  easier: ReserveRequest,
  database: Database,
): Promise<ReserveVerdict> {
  const granted = await database.ledger.reserve(easier);
  return granted.code === "granted" ? granted : verdict;
}

async function isExhausted({ tenant, budgetIds, needNanoUsd }: ReserveRequest, database: Database) {
  const budgets = await database.ledger.getBudgets(tenant, budgetIds);
  return budgets
    .flatMap(({ windows }) => windows)
    .find(({ capNanoUsd, spentNanoUsd }) => needNanoUsd > capNanoUsd - spentNanoUsd);
}

const checkThenAct: BrokenStore = {
  name: "looks at the balance first and takes the money later",
  breaks: "grants parallel callers exactly as many calls as fit",
  wrap(database) {
    let callers = 0;
    const reserve: Reserve = async (request) => {
      callers += 1;
      const hasCompany = callers > 1;
      const verdict = await database.ledger.reserve(request);
      callers -= 1;
      if (!hasCompany || verdict.code !== "held") return verdict;
      return { code: "granted", amountNanoUsd: request.boundNanoUsd, windows: [] };
    };
    return withMethods(database, { ledger: { reserve } });
  },
};

/** Stores whose `reserve` breaks a promise. */
export const brokenReserves: readonly BrokenStore[] = [
  checkThenAct,
  bent(
    "grants a nano-dollar over the cap",
    "refuses a call a nano-dollar over the cap",
    async (verdict, request, database) => {
      if (verdict.code !== "held") return verdict;
      const needNanoUsd = request.needNanoUsd - 1n;
      const less = { needNanoUsd, boundNanoUsd: needNanoUsd, targetNanoUsd: needNanoUsd };
      return ifGranted(verdict, { ...request, ...less }, database);
    },
  ),
  bent(
    "forgets a parent budget",
    "refuses when any one budget of the call has no money",
    async (verdict, request, database) => {
      if (verdict.code !== "exhausted") return verdict;
      const budgetIds = request.budgetIds.filter((id) => id !== verdict.window.budgetId);
      return budgetIds.length === 0 ? verdict : ifGranted(verdict, { ...request, budgetIds }, database);
    },
  ),
  bent(
    "keeps what it took before a later budget refused",
    "holds nothing anywhere when one budget refuses",
    async (verdict, request, database) => {
      const [first, ...others] = request.budgetIds;
      if (verdict.code !== "held" || first === undefined || others.length === 0) return verdict;
      if (verdict.window.budgetId === first || request.replaces !== undefined) return verdict;
      await database.ledger.reserve({ ...request, callId: `${request.callId}/part`, budgetIds: [first] });
      return verdict;
    },
  ),
  bent(
    "sends callers to wait for money that is gone",
    "says exhausted when no waiting will help",
    async (verdict) => (verdict.code === "exhausted" ? { ...verdict, code: "held" } : verdict),
  ),
  bent(
    "refuses what costs nothing once a budget is overspent",
    "grants a call that can cost nothing on a budget that is overspent",
    async (verdict, request) => {
      if (verdict.code !== "granted" || request.boundNanoUsd > 0n) return verdict;
      const window = verdict.windows.find(({ capNanoUsd, spentNanoUsd }) => spentNanoUsd > capNanoUsd);
      return window === undefined ? verdict : { code: "exhausted", window };
    },
  ),
  bent(
    "names the exhausted window with the least left, however soon it resets",
    "names the exhausted window that resets last, of several the one with the least left",
    async (verdict, request, database) => {
      if (verdict.code !== "exhausted") return verdict;
      const budgets = await database.ledger.getBudgets(request.tenant, request.budgetIds);
      const left = ({ capNanoUsd, spentNanoUsd }: WindowState) => capNanoUsd - spentNanoUsd;
      const [window = verdict.window] = budgets
        .flatMap(({ windows }) => windows)
        .toSorted((a, b) => Number(left(a) - left(b)));
      return { ...verdict, window };
    },
  ),
  bent(
    "ignores a pause",
    "refuses a call on a paused budget until it is resumed",
    async (verdict, request, database) => {
      if (verdict.code !== "paused") return verdict;
      await database.ledger.setPaused(request.tenant, verdict.budgetId, false);
      const bold = await ifGranted(verdict, request, database);
      await database.ledger.setPaused(request.tenant, verdict.budgetId, true);
      return bold;
    },
  ),
  bent(
    "takes a missing budget for one without limits",
    "refuses a call on a budget that does not exist",
    async (verdict, request, database) => {
      if (verdict.code !== "missing") return verdict;
      const budgetIds = request.budgetIds.filter((id) => id !== verdict.budgetId);
      return ifGranted(verdict, { ...request, budgetIds }, database);
    },
  ),
  bent(
    "ignores the epoch",
    "refuses a call of an epoch that its run has left",
    async (verdict, request, database) =>
      verdict.code === "superseded"
        ? ifGranted(verdict, { ...request, epoch: undefined }, database)
        : verdict,
  ),
  bent(
    "refuses a replay on an exhausted budget",
    "answers a replay on a budget that is exhausted by now",
    async (verdict, request, database) => {
      const window = await isExhausted(request, database);
      return verdict.code === "replay" && window ? { code: "exhausted", window } : verdict;
    },
  ),
  bent(
    "looks at the money before it knows a closed call",
    "says closed for a closed call on an exhausted budget",
    async (verdict, request, database) => {
      const window = await isExhausted(request, database);
      return verdict.code === "closed" && window ? { code: "exhausted", window } : verdict;
    },
  ),
  bent(
    "grants a closed call again",
    "never grants the id of a closed call again",
    async (verdict, request, database) =>
      verdict.code === "closed"
        ? ifGranted(verdict, { ...request, callId: `${request.callId}/again` }, database)
        : verdict,
  ),
  bent(
    "takes another amount for a replay",
    "names a conflict when an open call comes with another bound",
    async (verdict, request) =>
      verdict.code === "conflict" && verdict.field === "amount"
        ? { code: "replay", amountNanoUsd: request.boundNanoUsd }
        : verdict,
  ),
  bent(
    "holds again on a replay",
    "answers a repeated reserve with the same hold and holds nothing more",
    async (verdict, request, database) => {
      if (verdict.code !== "replay" || request.budgetIds.length !== 1) return verdict;
      await database.ledger.reserve({ ...request, callId: `${request.callId}/again` });
      return verdict;
    },
  ),
  {
    name: "keeps the hold that was replaced",
    breaks: "gives the money of a replaced hold back when the new one is granted",
    wrap(database) {
      const reserve: Reserve = async (request) => {
        if (request.replaces === undefined) return database.ledger.reserve(request);
        const kept = await database.ledger.reserve({ ...request, replaces: undefined });
        return kept.code === "held" ? database.ledger.reserve(request) : kept;
      };
      return withMethods(database, { ledger: { reserve } });
    },
  },
];
