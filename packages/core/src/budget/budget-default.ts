import { checkNames } from "./check-options.ts";
import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { decimalUsd } from "../money/money.ts";
import type { DefaultDefinition } from "../ports/default-store.ts";
import type { WindowKind } from "../ports/window-state.ts";
import { checkTerms, TERMS, type BudgetTerms } from "./budget-terms.ts";
import { checkName } from "./check-name.ts";

/** What budgets are made of that nobody set, as their owner writes it. */
export interface BudgetDefaultInput extends BudgetTerms {
  /** A prefix and one `*`, which stands for the rest of an id, one character at least: `user/*`. */
  readonly match: string;
}

/** A default as it stands. Caps are decimal strings in US dollars. */
export interface BudgetDefault {
  readonly match: string;
  readonly caps: Readonly<Partial<Record<WindowKind, string>>>;
  readonly warnAt: readonly number[];
  readonly timeZone: string;
  readonly onExpiry: "charge" | "release";
  /** The budget above those that are made. */
  readonly parent: string | undefined;
}

/** Checks what an owner wrote. Throws `InvalidOptionError` and `InvalidAmountError`. */
export function defaultDefinition(input: BudgetDefaultInput): DefaultDefinition {
  const prefix = prefixOf(input?.match);
  checkNames(`The default for ${input.match}`, input, { match: true, ...TERMS });
  return { prefix, ...checkTerms(`The default for ${input.match}`, input) };
}

/** The prefix of a match. Throws `InvalidOptionError` for what is none. */
export function prefixOf(match: unknown): string {
  checkName("The match of a default", match);
  if (match.indexOf("*") === match.length - 1) return match.slice(0, -1);
  throw new InvalidOptionError(
    `The match of a default is a prefix and one * at its end, such as "user/*", not "${match}".`,
  );
}

/** The match of a prefix. */
export function matchOf(prefix: string): string {
  return `${prefix}*`;
}

/** A default for people: decimal strings instead of nano-dollars. */
export function defaultOf(definition: DefaultDefinition): BudgetDefault {
  const { prefix, warnAt, onExpiry, parent, timeZone = "UTC" } = definition;
  return { match: matchOf(prefix), caps: decimalCaps(definition.caps), warnAt, timeZone, onExpiry, parent };
}

/** Caps as decimal strings. */
export function decimalCaps(caps: DefaultDefinition["caps"]): BudgetDefault["caps"] {
  const entries = Object.entries(caps) as [WindowKind, bigint | undefined][];
  return Object.fromEntries(
    entries.flatMap(([window, cap]) => (cap === undefined ? [] : [[window, decimalUsd(cap)]])),
  );
}
