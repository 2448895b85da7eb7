import type { BudgetDefinition, ClosingKind, Ids, ReserveRequest, Settlement } from "@wflo/core";
import { fakeIds } from "../fakes/fake-ids.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";
import type { WalkMove } from "./walk-move.ts";

/** The one tenant, run and set of budgets that walks are about. */
export const walkScene = {
  tenant: "acme",
  runId: "0195f1a0-0000-7000-8000-00000000000a",
  kinds: { org: ["month"], run: ["total"], user: ["total", "day"] },
  /** Made of defaults, if there is one by then. */
  guests: ["guest/1", "guest/10", "guest/2"],
  prefixes: ["guest/", "guest/1"],
  start: new Date("2026-03-10T12:00:00.000Z"),
} as const;

/** All budgets that there may be. */
export const walkBudgets: readonly string[] = [...Object.keys(walkScene.kinds), ...walkScene.guests];

type BudgetId = keyof typeof walkScene.kinds;

const BUDGETS: readonly BudgetId[] = ["org", "run", "user"];
const CLOSINGS: readonly ClosingKind[] = ["settle", "void", "estimate", "unmeasured", "recorded", "doubt"];
const WARN_AT: readonly (readonly number[])[] = [[0.8], [0.25, 0.5, 0.9], [0.5, 1], []];
/**
 * Clock steps and lifetimes never meet at the same second, so that a store's running clock cannot tip an
 * expiry.
 */
const CLOCK_STEP_MS = 10_000;
const LIFETIMES_MS = [25_000, 65_000, 95_000];

/**
 * Invents the moves of one walk; the same seed gives the same moves. A calm walk does nothing that excuses a
 * passed cap but overrun.
 */
export class WalkPlanner {
  private readonly random: SeededRandom;
  private readonly ids: Ids;
  private readonly isCalm: boolean;
  private readonly callIds: string[] = [];
  private readonly requests: ReserveRequest[] = [];
  private readonly settlementIds: string[] = [];
  private readonly callsOfSettlements = new Map<string, string>();
  private readonly caps = new Map<string, bigint>();
  private nowMs = walkScene.start.getTime();

  constructor(seed: number, isCalm: boolean) {
    this.random = seededRandom(seed);
    this.ids = fakeIds(seed);
    this.isCalm = isCalm;
  }

  opening(): readonly WalkMove[] {
    return BUDGETS.map((id) => this.setBudget(id));
  }

  next(): WalkMove {
    if (this.chance(6)) return this.default();
    const dice = this.random.below(100);
    if (dice < 40) return this.reserve();
    if (dice < 65) return { does: "settle", settlements: this.settlements() };
    if (dice < 75) return this.passTime();
    if (dice < 80) return { does: "expire" };
    if (dice < 84)
      return { does: "renew", callIds: [this.someCall()], ttlMs: this.random.pick(LIFETIMES_MS) };
    if (dice < 87) return this.setBudget(this.random.pick(BUDGETS));
    if (dice < 89) return this.raiseCap();
    if (dice < 91) return this.setPaused();
    if (dice < 93) return { does: "claim", runId: walkScene.runId };
    if (dice < 96) return this.commitStep();
    return this.isCalm ? this.reserve() : this.correct();
  }

  private amount(limit: number): bigint {
    return BigInt(this.random.below(limit));
  }

  private chance(percent: number): boolean {
    return this.random.below(100) < percent;
  }

  private someCall(): string {
    if (this.callIds.length === 0) return this.ids.next();
    return this.random.pick(this.chance(70) ? this.callIds.slice(-8) : this.callIds);
  }

  private someCheckpoint(): string | undefined {
    return this.chance(30) ? undefined : this.random.pick(["a", "b"]);
  }

  private setBudget(id: BudgetId): WalkMove {
    const caps: Partial<Record<"total" | "day" | "month", bigint>> = {};
    for (const kind of walkScene.kinds[id]) {
      const key = `${id}/${kind}`;
      const fresh = 200n + this.amount(2_000);
      const old = this.caps.get(key) ?? 0n;
      caps[kind] = this.isCalm && fresh < old ? old : fresh;
      this.caps.set(key, caps[kind]);
    }
    const warnAt = WARN_AT[this.callIds.length % WARN_AT.length] ?? [];
    const onExpiry: BudgetDefinition["onExpiry"] = this.isCalm || this.chance(50) ? "charge" : "release";
    return { does: "setBudget", budget: { id, caps, onExpiry, warnAt } };
  }

  private raiseCap(): WalkMove {
    const budgetId = this.random.pick(BUDGETS);
    const window = this.random.pick(walkScene.kinds[budgetId]);
    const toNanoUsd = this.amount(3_000);
    const key = `${budgetId}/${window}`;
    // A calm walk never lowers, so it remembers how far a cap was raised.
    if (toNanoUsd > (this.caps.get(key) ?? 0n)) this.caps.set(key, toNanoUsd);
    return { does: "raiseCap", budgetId, window, toNanoUsd };
  }

  private setPaused(): WalkMove {
    return { does: "setPaused", budgetId: this.random.pick(BUDGETS), paused: this.chance(15) };
  }

  /** What a default makes is new, so that a calm walk may do it too. */
  private default(): WalkMove {
    const guest = this.random.pick(walkScene.guests);
    if (this.chance(50)) return { does: "createFromDefault", budgetId: guest };
    if (!this.isCalm && this.chance(20)) {
      const caps = { total: 100n + this.amount(500) };
      return { does: "setBudget", budget: { id: guest, caps, onExpiry: "charge", warnAt: [] } };
    }
    const prefix = this.random.pick(walkScene.prefixes);
    if (this.chance(20)) return { does: "removeDefault", prefix };
    const total = 100n + this.amount(500);
    const caps = this.chance(50) ? { total } : { total, day: total / 2n };
    const onExpiry: BudgetDefinition["onExpiry"] = this.isCalm || this.chance(50) ? "charge" : "release";
    const warnAt = this.random.pick(WARN_AT);
    return { does: "setDefault", definition: { prefix, caps, onExpiry, warnAt, timeZone: "UTC" } };
  }

  private reserve(): WalkMove {
    const isRepeat = this.requests.length > 0 && this.chance(6);
    const request = isRepeat ? this.random.pick(this.requests) : this.freshRequest();
    this.requests.push(request);
    return { does: "reserve", request };
  }

  private freshRequest(): ReserveRequest {
    const needNanoUsd = this.amount(80);
    const targetNanoUsd = needNanoUsd + this.amount(80);
    const boundNanoUsd = targetNanoUsd + this.amount(200) + 1n;
    const callId = this.chance(8) ? this.someCall() : this.ids.next();
    this.callIds.push(callId);
    const budgetIds: string[] = BUDGETS.filter(() => this.chance(60));
    if (this.chance(15)) budgetIds.push(this.random.pick(walkScene.guests));
    return {
      tenant: walkScene.tenant,
      callId,
      budgetIds: budgetIds.length === 0 ? ["run"] : budgetIds,
      boundNanoUsd,
      needNanoUsd,
      targetNanoUsd,
      share: 1 + this.random.below(12),
      ttlMs: this.random.pick(LIFETIMES_MS),
      epoch: this.chance(25) ? 1 + this.random.below(4) : undefined,
      replaces: this.chance(10) ? this.someCall() : undefined,
      label: {
        runId: walkScene.runId,
        checkpointId: this.someCheckpoint(),
        provider: "openai",
        model: "gpt",
      },
    };
  }

  private settlements(): readonly Settlement[] {
    return Array.from({ length: 1 + this.random.below(3) }, () => {
      const isRepeat = this.settlementIds.length > 0 && this.chance(10);
      const settlementId = isRepeat ? this.random.pick(this.settlementIds) : this.ids.next();
      const callId = this.callOf(settlementId, isRepeat);
      const costNanoUsd = this.chance(20) ? undefined : this.amount(this.chance(10) ? 600 : 120);
      return { callId, settlementId, kind: this.random.pick(CLOSINGS), costNanoUsd, receipt: {} };
    });
  }

  /** A settlement id belongs to one call, as it does for honest callers. */
  private callOf(settlementId: string, isRepeat: boolean): string {
    const known = isRepeat ? this.callsOfSettlements.get(settlementId) : undefined;
    const callId = known ?? this.someCall();
    this.settlementIds.push(settlementId);
    this.callsOfSettlements.set(settlementId, callId);
    return callId;
  }

  private correct(): WalkMove {
    const callId = this.someCall();
    return { does: "correct", callId, correctionId: this.ids.next(), costNanoUsd: this.amount(300) };
  }

  private commitStep(): WalkMove {
    const path = this.random.pick(["plan", "search", "write"]);
    // Half of them of the first one: others come to nothing before somebody claims the run.
    const epoch = this.chance(50) ? 1 : 1 + this.random.below(4);
    const settlements = this.settlements();
    const { tenant, runId } = walkScene;
    return {
      does: "commitStep",
      commit: {
        tenant,
        runId,
        epoch,
        path,
        checkpointId: this.someCheckpoint(),
        result: this.ids.next(),
        tookMs: this.random.below(10_000),
        settlements,
      },
    };
  }

  private passTime(): WalkMove {
    const steps = this.chance(10) ? 6 * 60 * 20 : 1 + this.random.below(6);
    this.nowMs += steps * CLOCK_STEP_MS;
    return { does: "setNow", at: new Date(this.nowMs) };
  }
}
