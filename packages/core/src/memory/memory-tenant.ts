import type { BudgetDefinition } from "../ports/budget-state.ts";
import { MemoryBudget } from "./memory-budget.ts";
import type { MemoryCall, MemoryEntry, MemoryHold } from "./memory-call.ts";
import type { MemoryCheckpoint } from "./memory-checkpoint.ts";
import { MemoryItems } from "./memory-items.ts";
import { MemoryDefaults } from "./memory-defaults.ts";
import type { MemoryRun } from "./memory-run.ts";
import type { MemoryThread } from "./memory-thread.ts";
import { MemoryWarnings } from "./memory-warnings.ts";
import { SortedById } from "./sorted-by-id.ts";
import type { ZoneClocks } from "./zone-clocks.ts";

/** Everything one tenant has, with the indexes that keep lists as long as their results. */
export class MemoryTenant {
  readonly clocks: ZoneClocks;
  readonly budgets = new Map<string, MemoryBudget>();
  readonly budgetsById = new SortedById<MemoryBudget>();
  readonly defaults = new MemoryDefaults();
  /** Open holds by call id. */
  readonly holds = new Map<string, MemoryHold>();
  /** Closed calls by call id. */
  readonly calls = new Map<string, MemoryCall>();
  readonly entries = new SortedById<MemoryEntry>();
  readonly entriesOfRun = new Map<string, SortedById<MemoryEntry>>();
  readonly entriesOfThread = new Map<string, SortedById<MemoryEntry>>();
  readonly entriesOfBudget = new Map<string, SortedById<MemoryEntry>>();
  readonly entriesInDoubt = new SortedById<MemoryEntry>();
  readonly runs = new Map<string, MemoryRun>();
  /** By `MemoryRun.place`. */
  readonly runsByAge = new SortedById<{ readonly id: string; readonly run: MemoryRun }>();
  readonly threads = new Map<string, MemoryThread>();
  /** Of all threads. */
  readonly checkpointsById = new SortedById<MemoryCheckpoint>();
  readonly items = new MemoryItems();
  readonly warnings = new MemoryWarnings();

  constructor(clocks: ZoneClocks) {
    this.clocks = clocks;
  }

  /** Adds a budget of a new id. */
  addBudget(definition: BudgetDefinition): MemoryBudget {
    const budget = new MemoryBudget(definition, this.clocks);
    this.budgets.set(budget.id, budget);
    this.budgetsById.add(budget);
    return budget;
  }
}
