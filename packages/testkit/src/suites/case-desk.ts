import { expect } from "vitest";
import type {
  BudgetDefinition,
  BudgetState,
  Database,
  Entry,
  EntryFilter,
  Ids,
  LedgerStore,
  NewRun,
  ReserveRequest,
  ReserveVerdict,
  RunStore,
  Settlement,
  SettleVerdict,
  StepCommit,
  StepCommitVerdict,
  WindowKind,
  WindowState,
} from "@wflo/core";
import { fakeIds } from "../fakes/fake-ids.ts";
import type { DatabaseHarness } from "./database-case.ts";

/** Short words for what the cases do over and over. Amounts in nano-dollars. */
export class CaseDesk {
  static readonly start = new Date("2026-03-10T12:00:00.000Z");

  readonly database: Database;
  readonly ledger: LedgerStore;
  readonly runs: RunStore;
  readonly tenant: string;
  private readonly harness: DatabaseHarness;
  private readonly ids: Ids;

  constructor(harness: DatabaseHarness, tenant = "acme", ids = fakeIds()) {
    this.harness = harness;
    this.database = harness.database;
    this.ledger = harness.database.ledger;
    this.runs = harness.database.runs;
    this.tenant = tenant;
    this.ids = ids;
  }

  /** The same database for another tenant. */
  as(tenant: string): CaseDesk {
    return new CaseDesk(this.harness, tenant, this.ids);
  }

  nextId(): string {
    return this.ids.next();
  }

  setNow(at: Date | string): Promise<void> {
    return this.harness.setNow(new Date(at));
  }

  /** Sets the clock to this long after the start of the case. */
  setElapsed(seconds: number): Promise<void> {
    return this.harness.setNow(new Date(CaseDesk.start.getTime() + seconds * 1000));
  }

  /** Defines a budget; it charges on expiry and warns nowhere unless told otherwise. */
  budget(
    id: string,
    caps: BudgetDefinition["caps"],
    options?: Partial<BudgetDefinition>,
  ): Promise<BudgetState> {
    return this.ledger.setBudget(this.tenant, { id, caps, onExpiry: "charge", warnAt: [], ...options });
  }

  /** Reserves with bound, need and target alike, so that the grant is all or nothing. */
  reserve(
    amountNanoUsd: bigint,
    budgetIds: readonly string[],
    options?: Partial<ReserveRequest>,
  ): Promise<ReserveVerdict> {
    return this.ledger.reserve({
      tenant: this.tenant,
      callId: this.nextId(),
      budgetIds,
      boundNanoUsd: amountNanoUsd,
      needNanoUsd: amountNanoUsd,
      targetNanoUsd: amountNanoUsd,
      share: 1,
      ttlMs: 60_000,
      label: { provider: "openai", model: "gpt-test" },
      ...options,
    });
  }

  /** Reserves what must be granted; returns the call id. */
  async hold(
    amountNanoUsd: bigint,
    budgetIds: readonly string[],
    options?: Partial<ReserveRequest>,
  ): Promise<string> {
    const callId = options?.callId ?? this.nextId();
    const verdict = await this.reserve(amountNanoUsd, budgetIds, { ...options, callId });
    expect(verdict).toMatchObject({ code: "granted", amountNanoUsd });
    return callId;
  }

  settlement(callId: string, costNanoUsd: bigint | undefined, options?: Partial<Settlement>): Settlement {
    return { callId, settlementId: this.nextId(), kind: "settle", costNanoUsd, receipt: {}, ...options };
  }

  async settle(
    callId: string,
    costNanoUsd: bigint | undefined,
    options?: Partial<Settlement>,
  ): Promise<SettleVerdict> {
    const settlements = [this.settlement(callId, costNanoUsd, options)];
    const [verdict] = await this.ledger.settle(this.tenant, settlements);
    if (verdict === undefined) throw new Error("settle() gave no verdict for one settlement");
    return verdict;
  }

  /** Holds and settles in one go; returns the call id. */
  async spend(
    costNanoUsd: bigint,
    budgetIds: readonly string[],
    options?: Partial<ReserveRequest>,
  ): Promise<string> {
    const callId = await this.hold(costNanoUsd, budgetIds, options);
    await this.settle(callId, costNanoUsd);
    return callId;
  }

  correct(
    callId: string,
    costNanoUsd: bigint,
    correctionId = this.nextId(),
  ): Promise<SettleVerdict | undefined> {
    return this.ledger.correct(this.tenant, { callId, correctionId, costNanoUsd, receipt: { by: "hand" } });
  }

  async state(budgetId: string): Promise<BudgetState> {
    const [state] = await this.ledger.getBudgets(this.tenant, [budgetId]);
    if (state === undefined) throw new Error(`getBudgets() did not find ${budgetId}`);
    return state;
  }

  async window(budgetId: string, kind: WindowKind = "total"): Promise<WindowState> {
    const { windows } = await this.state(budgetId);
    const window = windows.find((candidate) => candidate.window === kind);
    if (window === undefined) throw new Error(`${budgetId} shows no ${kind} window`);
    return window;
  }

  entries(filter?: Partial<EntryFilter>): Promise<readonly Entry[]> {
    return this.ledger.listEntries(this.tenant, { limit: 100, ...filter });
  }

  async entriesOf(callId: string): Promise<readonly Entry[]> {
    return this.entries({ callId });
  }

  /** A run to be created, that no budget limits unless told otherwise. */
  newRun(options?: Partial<NewRun>): NewRun {
    const id = options?.id ?? this.nextId();
    return {
      id,
      workflow: "research",
      input: "{}",
      budgetIds: [],
      tags: [],
      traceId: id.replaceAll("-", ""),
      threadId: id,
      ...options,
    };
  }

  /** Creates a run; returns its id. */
  async run(options?: Partial<NewRun>): Promise<string> {
    const run = this.newRun(options);
    expect(await this.runs.create(this.tenant, run)).toBe(true);
    return run.id;
  }

  /** Commits a step; it settles nothing unless told otherwise. */
  commitStep(step: Partial<StepCommit> & Pick<StepCommit, "runId">): Promise<StepCommitVerdict> {
    return this.database.commitStep({
      tenant: this.tenant,
      epoch: 1,
      path: "plan",
      checkpointId: undefined,
      result: '"done"',
      tookMs: 5,
      settlements: [],
      ...step,
    });
  }
}
