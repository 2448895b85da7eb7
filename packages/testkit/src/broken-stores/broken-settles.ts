import {
  StoreUnavailableError,
  type Database,
  type Entry,
  type LedgerStore,
  type Settlement,
  type SettleVerdict,
} from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store whose `settle` answers each settlement by `bend`, which may ask the true store. */
function bent(
  name: string,
  breaks: string,
  bend: (tenant: string, settlement: Settlement, database: Database) => Promise<SettleVerdict>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const settle: LedgerStore["settle"] = async (tenant, settlements) => {
        const verdicts: SettleVerdict[] = [];
        for (const settlement of settlements) verdicts.push(await bend(tenant, settlement, database));
        return verdicts;
      };
      return withMethods(database, { ledger: { settle } });
    },
  };
}

async function settleOne(
  tenant: string,
  settlement: Settlement,
  { ledger }: Database,
): Promise<SettleVerdict> {
  const [verdict] = await ledger.settle(tenant, [settlement]);
  if (verdict === undefined) throw new Error("settle() gave no verdict for one settlement");
  return verdict;
}

function entriesOf(tenant: string, callId: string, { ledger }: Database): Promise<readonly Entry[]> {
  return ledger.listEntries(tenant, { callId, limit: 100 });
}

function charge(tenant: string, callId: string, costNanoUsd: bigint, database: Database): Promise<unknown> {
  const correctionId = `${callId}/${costNanoUsd}`;
  return database.ledger.correct(tenant, { callId, correctionId, costNanoUsd, receipt: {} });
}

const overrun: BrokenStore = {
  name: "swallows the overrun",
  breaks: "counts a bill above its hold in full and records the excess as overrun",
  wrap(database) {
    const settle: LedgerStore["settle"] = async (tenant, settlements) => {
      const verdicts = await database.ledger.settle(tenant, settlements);
      return verdicts.map((verdict) =>
        verdict.code === "settled" ? { ...verdict, overrunNanoUsd: 0n } : verdict,
      );
    };
    return withMethods(database, { ledger: { settle } });
  },
};

const newWindow: BrokenStore = {
  name: "moves the spend to the new window after midnight",
  breaks: "settles a call in the windows where it was held, also after midnight",
  wrap(database, now) {
    const requests = new Map<string, Parameters<LedgerStore["reserve"]>[0]>();
    const days = new Map<string, number>();
    const today = () => Math.floor(now() / 86_400_000);
    const reserve: LedgerStore["reserve"] = async (request) => {
      requests.set(request.callId, request);
      days.set(request.callId, today());
      return database.ledger.reserve(request);
    };
    const settle: LedgerStore["settle"] = async (tenant, settlements) => {
      for (const settlement of settlements) {
        const request = requests.get(settlement.callId);
        if (request === undefined || days.get(settlement.callId) === today()) continue;
        await settleOne(tenant, { ...settlement, costNanoUsd: 0n }, database);
        const callId = `${settlement.callId}/moved`;
        await database.ledger.reserve({ ...request, callId });
        await settleOne(tenant, { ...settlement, callId }, database);
      }
      return database.ledger.settle(tenant, settlements);
    };
    return withMethods(database, { ledger: { reserve, settle } });
  },
};

const correctsTwice: BrokenStore = {
  name: "corrects again on a replay",
  breaks: "corrects by hand once per correction id",
  wrap(database) {
    const correct: LedgerStore["correct"] = async (tenant, correction) => {
      const verdict = await database.ledger.correct(tenant, correction);
      if (verdict?.code === "replay")
        await charge(tenant, correction.callId, correction.costNanoUsd * 2n, database);
      return verdict;
    };
    return withMethods(database, { ledger: { correct } });
  },
};

/** Stores that lose, double or move bills. */
export const brokenSettles: readonly BrokenStore[] = [
  overrun,
  newWindow,
  correctsTwice,
  bent(
    "forgets that a call was given up",
    "writes down that a call was given up before its reserve arrived",
    async (tenant, settlement, database) => {
      const { callId, kind, costNanoUsd } = settlement;
      // Asks as if the bill were known: what is unknown then stays unknown.
      const isVoid = kind === "void" && costNanoUsd === 0n;
      const [hold] = isVoid ? await database.ledger.settle(tenant, [{ ...settlement, kind: "settle" }]) : [];
      if (hold?.code === "unknown")
        return { callId, code: "unknown", chargedNanoUsd: 0n, overrunNanoUsd: 0n };
      return settleOne(tenant, settlement, database);
    },
  ),
  bent(
    "counts a settlement again on a replay",
    "counts a settlement that is sent twice once",
    async (tenant, settlement, database) => {
      const entries = await entriesOf(tenant, settlement.callId, database);
      const isRepeat = entries.some(({ id, kind }) => id === settlement.settlementId && kind === "settle");
      const verdict = await settleOne(tenant, settlement, database);
      if (isRepeat) await charge(tenant, settlement.callId, verdict.chargedNanoUsd * 2n, database);
      return verdict;
    },
  ),
  bent(
    "lets the last bill of a settled call win",
    "lets the first bill of a settled call stand against another",
    async (tenant, settlement, database) => {
      const entries = await entriesOf(tenant, settlement.callId, database);
      const verdict = await settleOne(tenant, settlement, database);
      if (verdict.code !== "conflict" || entries.length > 1) return verdict;
      await charge(tenant, settlement.callId, settlement.costNanoUsd ?? 0n, database);
      return { ...verdict, code: "settled" };
    },
  ),
  bent(
    "charges nothing when the cost is left out",
    "charges the held amount when the cost is left out",
    async (tenant, settlement, database) => {
      const isUnmeasured = settlement.kind === "unmeasured" && settlement.costNanoUsd === undefined;
      return settleOne(tenant, isUnmeasured ? { ...settlement, costNanoUsd: 0n } : settlement, database);
    },
  ),
  bent(
    "loses the late bill of an expired call",
    "corrects an expired call once when its bill arrives after all",
    async (tenant, settlement, database) => {
      const entries = await entriesOf(tenant, settlement.callId, database);
      const expired = entries.find(({ kind }) => kind === "expire");
      if (expired === undefined) return settleOne(tenant, settlement, database);
      const chargedNanoUsd = expired.chargedNanoUsd;
      return { callId: settlement.callId, code: "replay", chargedNanoUsd, overrunNanoUsd: 0n };
    },
  ),
  bent(
    "loses a late bill after a correction by hand",
    "takes a late bill that comes after a correction by hand",
    async (tenant, settlement, database) => {
      const entries = await entriesOf(tenant, settlement.callId, database);
      const correction = entries.find(({ kind }) => kind === "correction");
      if (correction === undefined) return settleOne(tenant, settlement, database);
      const chargedNanoUsd = entries.reduce((sum, entry) => sum + entry.chargedNanoUsd, 0n);
      return { callId: settlement.callId, code: "replay", chargedNanoUsd, overrunNanoUsd: 0n };
    },
  ),
  {
    name: "cannot close calls of threads with long names",
    breaks: "closes calls of a thread whose name is long",
    wrap(database) {
      const long = new Set<string>();
      const reserve: LedgerStore["reserve"] = (request) => {
        if ((request.label.thread?.length ?? 0) > 1_000) long.add(request.callId);
        return database.ledger.reserve(request);
      };
      const settle: LedgerStore["settle"] = async (tenant, settlements) => {
        if (settlements.some(({ callId }) => long.has(callId))) throw new StoreUnavailableError("too long");
        return database.ledger.settle(tenant, settlements);
      };
      return withMethods(database, { ledger: { reserve, settle } });
    },
  },
];
