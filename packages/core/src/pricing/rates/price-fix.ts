import type { PriceList } from "./price-list.ts";

const MOST_EDITS = 2;

/**
 * What to write so that a model has a price, in one line: for a name that its user made up (a deployment, a profile, a fine-tune) the
 * model that it is, else a price.
 */
export function priceFix(provider: string, model: string): string {
  if (provider === "") return "Name its provider, such as openai.";
  const key = JSON.stringify(`${provider}/${model}`);
  const isMadeUp = provider === "azure" || model.startsWith("arn:") || model.startsWith("ft:");
  return isMadeUp
    ? `Say which model it is: createWflo({ prices: { ${key}: { like: "openai/gpt-4.1" } } }).`
    : `Set it with createWflo({ prices: { ${key}: { input: "1.00", output: "4.00" } } }) in dollars per million tokens.`;
}

/** The same for something that was used without a rate. */
export function meterFix(cardId: string, missing: readonly string[]): string {
  const [meter = ""] = missing;
  const isName = /^\w+$/.test(meter);
  const field = /^(?:input|cached|output|cacheWrite|reasoning)/.test(meter)
    ? `${meter}: "1.00"`
    : `fees: { ${isName ? meter : "…"}: "0.01" }`;
  return `Give it a price: createWflo({ prices: { "${cardId}": { input: "1.00", output: "4.00", ${field} } } }).`;
}

/** The model of a provider whose name is a slip of the keyboard away; undefined where there is none. */
export function nearName(list: PriceList, provider: string, id: string): string | undefined {
  let nearest: string | undefined;
  let least = MOST_EDITS + 1;
  for (const { id: name } of list.providers.get(provider)?.models ?? []) {
    const edits = editsBetween(name.toLowerCase(), id, least);
    if (edits < least) [nearest, least] = [name, edits];
  }
  return nearest;
}

/** How many letters have to be put in, taken out, changed or swapped, as far as that is less than `limit`. */
function editsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next.push(
        Math.min(
          (last[column] ?? limit) + 1,
          (next[column - 1] ?? limit) + 1,
          (last[column - 1] ?? limit) + (isSame ? 0 : 1),
          isSwap ? (before[column - 2] ?? limit) + 1 : limit,
        ),
      );
    }
    if (Math.min(...next) >= limit) return limit;
    [before, last] = [last, next];
  }
  return last[b.length] ?? limit;
}
