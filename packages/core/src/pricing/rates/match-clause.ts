import { withoutDate } from "./model-id.ts";
import type { MatchClause, PricedModel } from "./price-list.ts";

/** Whether a clause of a price list fits an id, as the list's makers read it; both in lower case. */
export function fits(clause: MatchClause, id: string): boolean {
  if ("or" in clause) return clause.or.some((part) => fits(part, id));
  if ("and" in clause) return clause.and.every((part) => fits(part, id));
  if ("equals" in clause) return id === clause.equals.toLowerCase();
  if ("starts_with" in clause) return id.startsWith(clause.starts_with.toLowerCase());
  if ("ends_with" in clause) return id.endsWith(clause.ends_with.toLowerCase());
  if ("contains" in clause) return id.includes(clause.contains.toLowerCase());
  return new RegExp(clause.regex).test(id);
}

/**
 * Is the id one that the list spells out, or does it only begin like one? Undefined when it stops in the middle of a word, and for
 * a deployment of Azure that has more than a date added, since its user makes the name up.
 */
export function howMatched(model: PricedModel, id: string, provider: string): "exact" | "family" | undefined {
  if (model.id.toLowerCase() === id) return "exact";
  const match = clauseMatch(model.match, id) ?? clauseMatch(model.match, dashedDate(id));
  if (match === "family" && !isSameVersion(model.id.toLowerCase(), id)) return undefined;
  // Mistral's numbers are versions, each with its price.
  if (match === "family" && provider === "mistral" && /^mistral-.*\d{4}$/.test(id)) return undefined;
  if (match !== "family" || provider !== "azure") return match;
  // `o4-mini-for-sales` may be any model, so only a date may be added.
  return clauseMatch(model.match, withoutDate(id)) === "exact" ? "family" : undefined;
}

/** The id with its date as some lists write it: `gpt-4o-2024-08-06` of `gpt-4o-20240806`. */
export function dashedDate(id: string): string {
  return id.replace(/-(20\d{2})(\d{2})(\d{2})(?=-|:|$)/, "-$1-$2-$3");
}

function clauseMatch(clause: MatchClause, id: string): "exact" | "family" | undefined {
  if ("or" in clause) {
    const matches = clause.or.map((part) => clauseMatch(part, id));
    return matches.includes("exact") ? "exact" : matches.find((match) => match !== undefined);
  }
  if ("and" in clause) return clause.and.every((part) => clauseMatch(part, id)) ? "family" : undefined;
  if ("regex" in clause) return new RegExp(clause.regex).test(id) ? "family" : undefined;
  const [literal = ""] = Object.values(clause as Readonly<Record<string, string>>).map((text) =>
    text.toLowerCase(),
  );
  if (id === literal) return "exact";
  if ("equals" in clause) return undefined;
  const start = "ends_with" in clause ? id.length - literal.length : id.indexOf(literal);
  if (start < 0 || ("starts_with" in clause && start > 0) || !id.startsWith(literal, start)) return undefined;
  const end = start + literal.length;
  return isBoundary(id, start) && isBoundary(id, end) && isRelease(literal, id.slice(end))
    ? "family"
    : undefined;
}

/** False in the middle of a word, so that `deepseek-chatt` is not taken for `deepseek-chat`. */
function isBoundary(id: string, index: number): boolean {
  return !/^[a-z0-9]{2}$/.test(id.slice(Math.max(index - 1, 0), index + 1));
}

/** Dates as providers write them, numbers of releases, and words for them. */
const RELEASE = [
  String.raw`20\d{2}-?\d{2}-?\d{2}`,
  String.raw`\d{2}-(?:20)?\d{2}`,
  String.raw`\d{3,4}`,
  String.raw`v\d+`,
  String.raw`v\d+:\d+`,
  String.raw`v\d+(?::\d+)?:\d+k`,
  "(?:beta|exp|experimental|instruct|latest|preview|thinking)",
].map((part) => new RegExp(`[-@:._/]*${part}(?![a-z0-9])`, "y"));
/** What comes after a name is shorter. Characters. */
const MAX_RELEASE_LENGTH = 64;

/**
 * Is the rest of an id a date, or a word for a release? Anything else may be a misspelling, or a model of its own: `-5` makes another
 * of `claude-sonnet-5`, `-8b` of `gemini-3.6-flash`.
 */
export function isReleaseOf(rest: string): boolean {
  if (rest.length > MAX_RELEASE_LENGTH) return false;
  // Each place is gone on from once, however many ways lead there: a date can also be read as two numbers.
  const places = new Set([0]);
  for (const place of places) {
    if (place === rest.length) return true;
    for (const part of RELEASE) {
      part.lastIndex = place;
      if (part.test(rest)) places.add(part.lastIndex);
    }
  }
  return false;
}

function isRelease(literal: string, rest: string): boolean {
  return /(?:^|[.:])ft[:-]/.test(literal) || isReleaseOf(rest);
}

/** False for `v2` of a model that is listed as `v1`. */
function isSameVersion(listed: string, id: string): boolean {
  const [theirs, ours] = [listed, id].map((name) => /-v(\d+)(?::\d+)?$/.exec(name)?.[1]);
  return theirs === undefined || ours === undefined || theirs === ours;
}
