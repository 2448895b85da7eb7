import type {
  BudgetDefinition,
  BudgetState,
  BudgetWarning,
  Database,
  LedgerStore,
  SettleVerdict,
} from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

type Warnings = readonly BudgetWarning[];

/** The same verdict with other warnings. */
function withWarnings<Verdict extends { readonly warnings?: Warnings | undefined }>(
  verdict: Verdict,
  warnings: Warnings,
): Verdict {
  const { warnings: _, ...rest } = verdict;
  return (warnings.length === 0 ? rest : { ...rest, warnings }) as Verdict;
}

/** A store whose settles tell what `bend` makes of the warnings; it is made anew for each database. */
function bent(
  name: string,
  breaks: string,
  newBend: () => (warnings: Warnings, verdict: SettleVerdict) => Warnings,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const bend = newBend();
      const settle: LedgerStore["settle"] = async (tenant, settlements) => {
        const verdicts = await database.ledger.settle(tenant, settlements);
        return verdicts.map((verdict) => withWarnings(verdict, bend(verdict.warnings ?? [], verdict)));
      };
      return withMethods(database, { ledger: { settle } });
    },
  };
}

/** A store that never tells again what it told under the same key. */
function once(name: string, breaks: string, keyOf: (warning: BudgetWarning) => string): BrokenStore {
  return bent(name, breaks, () => {
    const told = new Set<string>();
    return (warnings) =>
      warnings.filter((warning) => {
        const key = keyOf(warning);
        return !told.has(key) && told.add(key);
      });
  });
}

/** A store that forgets what it told when a budget is set anew and `forgets` says so. */
function forgetful(
  name: string,
  breaks: string,
  forgets: (old: BudgetState, set: BudgetDefinition) => boolean,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const setBudget: LedgerStore["setBudget"] = async (tenant, budget) => {
        const [old] = await database.ledger.getBudgets(tenant, [budget.id]);
        const { day } = budget.caps;
        if (old !== undefined && day !== undefined && forgets(old, budget)) {
          // Under so high a cap nothing is spent.
          await database.ledger.setBudget(tenant, { ...budget, caps: { day: day * 1_000_000n } });
        }
        return database.ledger.setBudget(tenant, budget);
      };
      return withMethods(database, { ledger: { setBudget } });
    },
  };
}

function sameShares(old: BudgetState, set: BudgetDefinition): boolean {
  return old.warnAt.join(",") === set.warnAt.join(",");
}

const crossings: readonly BrokenStore[] = [
  bent(
    "tells of the highest share only",
    "tells of all shares that a settle crosses, ascending, and of the window",
    () => (warnings) => (isOfDay(warnings) && warnings[0]?.share === 0.2 ? warnings.slice(1) : warnings),
  ),
  bent("tells of a share again", "tells of a share once, however much more is spent", () => {
    let last: Warnings = [];
    return (warnings, { chargedNanoUsd }) => {
      const told = warnings.length === 0 && chargedNanoUsd === 10n && last.length === 1 ? last : warnings;
      const isOfBoth = warnings.some(({ window }) => window.spentNanoUsd === 55n);
      last = isOfBoth ? warnings : [];
      return told;
    };
  }),
  bent(
    "tells of a share only when more is spent",
    "tells of a share when exactly so much is spent, and not before",
    () => (warnings) =>
      warnings.filter(({ share, window }) => {
        const line = Math.ceil(Number(window.capNanoUsd) * share);
        return Number(window.spentNanoUsd) > line;
      }),
  ),
  bent(
    "tells of windows in an order of its own",
    "tells of every window of a call, by budget id and kind",
    () => (warnings) => warnings.toSorted((a, b) => -a.window.budgetId.localeCompare(b.window.budgetId)),
  ),
  {
    name: "tells every verdict of a batch",
    breaks: "tells of what a batch crosses in one of its verdicts",
    wrap(database) {
      const settle: LedgerStore["settle"] = async (tenant, settlements) => {
        const verdicts = await database.ledger.settle(tenant, settlements);
        const warnings = verdicts.flatMap((verdict) => verdict.warnings ?? []);
        return verdicts.map((verdict) => withWarnings(verdict, warnings));
      };
      return withMethods(database, { ledger: { settle } });
    },
  },
];

function isOfDay(warnings: Warnings): boolean {
  return warnings.every(({ window }) => window.window === "day");
}

/** A store that loses the warnings of one method. */
function losing(
  name: string,
  breaks: string,
  lose: (database: Database) => Parameters<typeof withMethods>[1],
): BrokenStore {
  return { name, breaks, wrap: (database) => withMethods(database, lose(database)) };
}

const charges: readonly BrokenStore[] = [
  losing("corrects without a warning", "tells of what a correction charges", ({ ledger }) => ({
    ledger: {
      async correct(...args) {
        const verdict = await ledger.correct(...args);
        return verdict && withWarnings(verdict, []);
      },
    },
  })),
  bent(
    "takes a late bill without a warning",
    "tells of what a late bill charges",
    () =>
      (warnings, { code }) =>
        code === "late" ? [] : warnings,
  ),
  losing("commits a step without a warning", "tells of what the settles of a step charge", (database) => ({
    async commitStep(commit) {
      const verdict = await database.commitStep(commit);
      return { ...verdict, settled: verdict.settled.map((settled) => withWarnings(settled, [])) };
    },
  })),
  losing(
    "takes over a run without a warning",
    "tells who takes over a run of what its open calls are charged",
    ({ runs }) => ({
      runs: {
        async claim(...args) {
          const verdict = await runs.claim(...args);
          return verdict.code === "claimed" ? withWarnings(verdict, []) : verdict;
        },
      },
    }),
  ),
  losing("sweeps without a warning", "tells a sweeper of what it charges to its tenant", ({ ledger }) => ({
    ledger: { expire: (limit) => ledger.expire(limit) },
  })),
  losing(
    "loses what a sweep of another tenant brings up",
    "leaves what another tenant's sweeper charges to the next settle",
    ({ ledger }) => ({
      ledger: {
        async expire(limit, watch) {
          const tenant = watch?.tenant === "globex" ? "acme" : undefined;
          return ledger.expire(limit, tenant === undefined ? watch : { tenant, tell: () => {} });
        },
      },
    }),
  ),
];

const changes: readonly BrokenStore[] = [
  once(
    "never tells of a share twice, whatever the cap",
    "tells again under a higher cap of shares that were no longer spent",
    ({ share, window }) => `${window.budgetId} ${window.window} ${window.startsAt?.getTime()} ${share}`,
  ),
  forgetful(
    "tells again when a budget is set to what it is",
    "tells nothing again because a budget is set to what it is",
    (old, set) => sameShares(old, set) && old.caps.day === set.caps.day,
  ),
  {
    name: "does not tell of a lowered cap",
    breaks: "tells of a lowered cap at the next settle",
    wrap(database) {
      const lowered = new Set<string>();
      const setBudget: LedgerStore["setBudget"] = async (tenant, budget) => {
        const [old] = await database.ledger.getBudgets(tenant, [budget.id]);
        if ((old?.caps.day ?? 0n) > (budget.caps.day ?? 0n)) lowered.add(budget.id);
        return database.ledger.setBudget(tenant, budget);
      };
      const settle: LedgerStore["settle"] = async (tenant, settlements) => {
        const verdicts = await database.ledger.settle(tenant, settlements);
        const isTold = ({ window }: BudgetWarning) => !lowered.has(window.budgetId);
        return verdicts.map((verdict) => withWarnings(verdict, (verdict.warnings ?? []).filter(isTold)));
      };
      return withMethods(database, { ledger: { setBudget, settle } });
    },
  },
  forgetful(
    "forgets what it told when the shares change",
    "takes new shares: what is below a told one counts as told",
    (old, set) => !sameShares(old, set),
  ),
  once(
    "tells of a share of a day once for ever",
    "tells of the same share anew every day",
    ({ share, window }) => `${window.budgetId} ${window.window} ${window.capNanoUsd} ${share}`,
  ),
];

/** Stores that warn wrongly. */
export const brokenWarnings: readonly BrokenStore[] = [...crossings, ...charges, ...changes];
