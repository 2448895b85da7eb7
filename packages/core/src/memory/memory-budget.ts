import type { BudgetDefinition, BudgetState } from "../ports/budget-state.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { MemoryWindow } from "./memory-window.ts";
import { windowBounds } from "./window-bounds.ts";
import type { ZoneClocks } from "./zone-clocks.ts";

const KINDS: readonly WindowKind[] = ["total", "day", "month"];

/** One budget of the memory ledger with every window it ever had. */
export class MemoryBudget {
  readonly id: string;
  paused = false;
  private definition: BudgetDefinition;
  private readonly clocks: ZoneClocks;
  private readonly windows = new Map<string, MemoryWindow>();
  private open: readonly MemoryWindow[] = [];
  private openFromMs = Infinity;
  private openUntilMs = -Infinity;

  constructor(definition: BudgetDefinition, clocks: ZoneClocks) {
    this.clocks = clocks;
    this.id = definition.id;
    this.definition = copyOf(definition);
  }

  get timeZone(): string {
    return this.definition.timeZone ?? "UTC";
  }

  get parent(): string | undefined {
    return this.definition.parent;
  }

  get warnAt(): readonly number[] {
    return this.definition.warnAt;
  }

  get onExpiry(): BudgetDefinition["onExpiry"] {
    return this.definition.onExpiry;
  }

  /** The windows of this moment, one for each cap, made on first use. Cached until the next boundary. */
  openWindows(nowMs: number): readonly MemoryWindow[] {
    if (nowMs >= this.openFromMs && nowMs < this.openUntilMs) return this.open;
    const open: MemoryWindow[] = [];
    this.openFromMs = -Infinity;
    this.openUntilMs = Infinity;
    for (const kind of KINDS) {
      const capNanoUsd = this.definition.caps[kind];
      if (capNanoUsd === undefined) continue;
      const bounds = windowBounds(kind, nowMs, { zone: this.timeZone, clocks: this.clocks });
      this.openFromMs = Math.max(this.openFromMs, bounds.startsAtMs);
      this.openUntilMs = Math.min(this.openUntilMs, bounds.resetsAtMs);
      const key = `${kind}/${bounds.startsAtMs}`;
      let window = this.windows.get(key);
      if (window === undefined) {
        window = new MemoryWindow(this, kind, bounds, capNanoUsd);
        this.windows.set(key, window);
      } else if (window.timeZone !== this.timeZone) {
        window.moveTo(this.timeZone, bounds);
      }
      open.push(window);
    }
    this.open = open;
    return open;
  }

  /** Takes a new definition; its caps reach the open windows, and what is spent and reserved stays. */
  define(definition: BudgetDefinition, nowMs: number): void {
    this.definition = copyOf(definition);
    this.openFromMs = Infinity;
    for (const window of this.openWindows(nowMs)) {
      window.takeCap(definition.caps[window.kind] ?? window.capNanoUsd);
    }
  }

  /**
   * Raises a cap, never lowers it: of a day or a month in its open window only. False when there is no such
   * cap.
   */
  raiseCap(kind: WindowKind, toNanoUsd: bigint, nowMs: number): boolean {
    const window = this.openWindows(nowMs).find((candidate) => candidate.kind === kind);
    if (window === undefined) return false;
    if (toNanoUsd <= window.capNanoUsd) return true;
    window.takeCap(toNanoUsd);
    if (kind === "total") {
      this.definition = { ...this.definition, caps: { ...this.definition.caps, total: toNanoUsd } };
    }
    return true;
  }

  allWindows(): Iterable<MemoryWindow> {
    return this.windows.values();
  }

  state(nowMs: number): BudgetState {
    const windows = this.openWindows(nowMs).map((window) => window.state());
    return { ...copyOf(this.definition), timeZone: this.timeZone, paused: this.paused, windows };
  }
}

function copyOf(definition: BudgetDefinition): BudgetDefinition {
  const { id, caps, onExpiry, warnAt, parent, timeZone } = definition;
  return { id, caps: { ...caps }, onExpiry, warnAt: [...warnAt], parent, timeZone };
}
