import { InvalidOptionError } from "../../errors/invalid-option-error.ts";
import type { PriceTable } from "./price-table.ts";

const LEAST_EVERY_MS = 60_000;

/** Where newer prices are looked for, in the form of genai-prices' `data.json`. */
export interface PriceUpdate {
  /** An address without user and password, or the path of a file. Its query is not shown: it may hold a key. */
  readonly from: string | URL;
  /** How often it is looked at, in milliseconds: at least a minute, default a day. */
  readonly everyMs?: number | undefined;
  /** A file that keeps the last good list, so that a process begins with it. */
  readonly keepIn?: string | undefined;
  /** How long a download may take. Milliseconds, default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How it is fetched. Default: the host's own. */
  readonly fetch?: typeof fetch | undefined;
}

/** Prices of a client: your own by "provider/model", and where others come from. */
export type PriceOptions = PriceTable & {
  /** Takes newer prices without a release of wflo, behind the calls. */
  readonly update?: PriceUpdate | undefined;
  /**
   * What a provider itself says that it took (OpenRouter, xAI, Perplexity, Vercel's gateway) is the cost. Default: it counts where it
   * is more than the list price, or where that leaves something open. A price of your own wins over it.
   */
  readonly trustReported?: boolean | undefined;
};

/** The options apart from the table. Throws `InvalidOptionError` for what cannot mean anything. */
export function readPriceOptions(prices: PriceOptions = {}): {
  readonly table: PriceTable;
  readonly update: PriceUpdate | undefined;
  readonly trustReported: boolean;
} {
  // A map or a list has nothing under its names.
  if (typeof prices !== "object" || prices === null || Symbol.iterator in prices)
    throw new InvalidOptionError(
      'prices takes an object of prices by "provider/model", such as { "openai/gpt-4.1": { input: "2.00", output: "8.00" } }.',
    );
  const { update, trustReported = false, ...table } = prices;
  if (typeof trustReported !== "boolean")
    throw new InvalidOptionError("prices.trustReported takes true or false.");
  if (update !== undefined) checkUpdate(update);
  return { table: table as PriceTable, update, trustReported };
}

function checkUpdate(update: PriceUpdate): void {
  const { from, everyMs, timeoutMs, keepIn } = (
    typeof update === "object" ? (update ?? {}) : {}
  ) as PriceUpdate;
  if (!(from instanceof URL) && (typeof from !== "string" || from === ""))
    throw new InvalidOptionError(
      'prices.update takes { from: an address or a file }, such as { from: "https://…/data.json" }.',
    );
  if (/^https?:/.test(String(from))) checkAddress(String(from));
  if (everyMs !== undefined && !(Number.isFinite(everyMs) && everyMs >= LEAST_EVERY_MS))
    throw new InvalidOptionError(`prices.update.everyMs takes milliseconds, at least ${LEAST_EVERY_MS}.`);
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0))
    throw new InvalidOptionError("prices.update.timeoutMs takes milliseconds above 0.");
  if (keepIn !== undefined && (typeof keepIn !== "string" || keepIn === ""))
    throw new InvalidOptionError("prices.update.keepIn takes the path of a file.");
}

/** Says nothing of what stands in it, which may be a secret. */
function checkAddress(address: string): void {
  if (!URL.canParse(address))
    throw new InvalidOptionError("prices.update.from begins like an address, but is none.");
  const { username, password } = new URL(address);
  if (username !== "" || password !== "")
    throw new InvalidOptionError(
      "prices.update.from takes no user and password in the address: no fetch sends them. Send a header with prices.update.fetch.",
    );
}
