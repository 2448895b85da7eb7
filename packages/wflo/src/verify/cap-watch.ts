import { decimalUsd } from "@wflo/core";
import type { WindowLook } from "./books.ts";

/** What was seen of caps during the play. */
export interface CapFindings {
  readonly looks: number;
  /** Windows that had more spent and reserved than any reserve may make of it. */
  readonly broken: readonly string[];
  /** Windows seen over their cap for a reason that has a name: a bill above its hold, a cap that was lowered. */
  readonly named: number;
}

/**
 * Judges looks at all windows. Between two looks a reserve can bring `spent + reserved` at most to the highest cap that was in force;
 * what comes on top must be bills above their holds and corrections, which the ledger counts.
 */
export class CapWatch {
  #last: ReadonlyMap<string, WindowLook> = new Map();
  /** By budget: a window that nobody has used yet is in no look, and has its cap all the same. */
  readonly #caps = new Map<string, { readonly now: bigint; readonly highest: bigint }>();
  readonly #broken: string[] = [];
  #looks = 0;
  #named = 0;

  /** A cap was set since the last look. Nanodollars. */
  capSet(budgetId: string, cap: bigint): void {
    const highest = this.#caps.get(budgetId)?.highest ?? 0n;
    this.#caps.set(budgetId, { now: cap, highest: cap > highest ? cap : highest });
  }

  judge(looks: readonly WindowLook[]): void {
    this.#looks += 1;
    for (const look of looks) {
      const taken = look.spent + look.reserved;
      if (taken <= look.cap) continue;
      const allowed = this.#allowed(look);
      if (taken <= allowed) this.#named += 1;
      else this.#broken.push(sentence(look, taken, allowed));
    }
    this.#last = new Map(looks.map((look) => [keyOf(look), look]));
    for (const [budgetId, { now }] of this.#caps) this.#caps.set(budgetId, { now, highest: now });
  }

  get findings(): CapFindings {
    return { looks: this.#looks, broken: this.#broken, named: this.#named };
  }

  #allowed(look: WindowLook): bigint {
    const before = this.#last.get(keyOf(look));
    const caps = [look.cap, before?.cap ?? 0n, this.#caps.get(look.budgetId)?.highest ?? 0n];
    const takenBefore = before === undefined ? 0n : before.spent + before.reserved;
    const bound = [...caps, takenBefore].reduce((most, amount) => (amount > most ? amount : most), 0n);
    const added = look.overruns - (before?.overruns ?? 0n) + look.corrections - (before?.corrections ?? 0n);
    return bound + (added > 0n ? added : 0n);
  }
}

function keyOf(look: WindowLook): string {
  return `${look.budgetId} ${look.window}`;
}

function sentence(look: WindowLook, taken: bigint, allowed: bigint): string {
  return `${look.budgetId} had ${decimalUsd(taken)} spent and held, and ${decimalUsd(allowed)} at most could be.`;
}
