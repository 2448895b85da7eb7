import { decimalUsd, formatUsd, usd } from "../money/money.ts";
import type { LedgerLine } from "./calls.ts";

/** A call as its receipts tell it. Money is a decimal string in US dollars. */
export interface CallExplanation {
  readonly callId: string;
  /** What it has cost in all, corrections included. */
  readonly cost: string;
  /** True when the cost is the bill; false for a bound, such as that of a call in doubt. */
  readonly isExact: boolean;
  readonly inDoubt: boolean;
  /** The same for people, a line each. */
  readonly text: string;
  readonly lines: readonly LedgerLine[];
}

const EXACT = new Set<LedgerLine["kind"]>(["settle", "void", "recorded", "late", "correction"]);

/** Explains the lines of one call, the oldest first; undefined when there are none. */
export function explainCall(lines: readonly LedgerLine[]): CallExplanation | undefined {
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const total = lines.reduce((sum, { charged }) => sum + nanoUsdOf(charged), 0n);
  const inDoubt = lines.some((line) => line.inDoubt);
  const isExact = EXACT.has(last.kind) && last.receipt["costKind"] !== "lowerBound";
  const told = [opening(first), `Charged ${formatUsd(total)}${isExact ? "" : ", which is a bound"}.`];
  for (const line of lines) told.push(...lineTold(line, lines.length > 1));
  told.push(...holdTold(first));
  if (inDoubt) {
    told.push(
      `In doubt: charged at its hold until its bill comes, or wflo.calls.resolve("${first.callId}", { cost }) sets it.`,
    );
  }
  const text = told.join("\n");
  return { callId: first.callId, cost: decimalUsd(total), isExact, inDoubt, text, lines };
}

function opening({ callId, provider, model, at, runId, step, agent, budgetIds }: LedgerLine): string {
  const where = [
    runId === undefined ? "" : `, run ${runId}`,
    step === undefined ? "" : `, step ${step}`,
    agent === undefined ? "" : `, agent ${agent}`,
  ].join("");
  const budgets = budgetIds.length === 0 ? "on no budget" : `on ${budgetIds.join(", ")}`;
  return `Call ${callId} to ${provider}/${model}, ${at.toISOString()}${where}, ${budgets}.`;
}

/** What one line of the ledger says, and by which prices. */
function lineTold({ kind, charged, at, receipt }: LedgerLine, isOneOfMany: boolean): string[] {
  const told: string[] = [];
  const why =
    textOf(receipt["reason"]) ??
    textOf(receipt["noUsage"]) ??
    textOf(receipt["unknown"]) ??
    textOf(receipt["note"]) ??
    (receipt["repriced"] === true ? "priced again" : undefined);
  if (isOneOfMany || !EXACT.has(kind) || why !== undefined) {
    const amount = isOneOfMany ? ` ${signed(charged)}, ${at.toISOString()}` : "";
    told.push(`- ${kind}${amount}${why === undefined ? "" : `: ${why}`}`);
  }
  for (const { meter, count, unitUsd, per, usd: sum, model } of meterLines(receipt["lines"])) {
    const each = per === undefined ? "" : ` for ${per.toLocaleString("en-US")}`;
    const of = model === undefined ? "" : ` of ${model}`;
    told.push(`  ${count.toLocaleString("en-US")} ${meter}${of} x $${unitUsd}${each} = $${sum}`);
  }
  const rounding = textOf(receipt["roundedUpUsd"]);
  if (rounding !== undefined) told.push(`  rounded up by $${rounding}`);
  const missing = receipt["missing"];
  if (Array.isArray(missing) && missing.length > 0) told.push(`  without a price: ${missing.join(", ")}`);
  const card = receipt["rateCard"] as Readonly<Record<string, string>> | undefined;
  if (card) {
    const since = card["asOf"] === undefined ? "" : ` since ${card["asOf"]}`;
    const read = card["checkedOn"] === undefined ? "" : `, read ${card["checkedOn"]}`;
    told.push(`  prices of ${card["id"]}${since} from ${card["source"]}${read} (${card["matchedBy"]})`);
  }
  return told;
}

function holdTold({ held, receipt }: LedgerLine): string[] {
  const cap = receipt["appliedMaxOutputTokens"];
  const by = receipt["estimatedBy"];
  const told = [
    `Held $${held} before it was sent${typeof by === "string" ? ` (input bounded by ${by})` : ""}.`,
  ];
  if (typeof cap === "number")
    told.push(`Money was short: its output was capped at ${cap.toLocaleString("en-US")} tokens.`);
  const model = textOf(receipt["servedModel"]);
  const tier = textOf(receipt["serviceTier"]);
  const served = [model && `model ${model}`, tier && `tier ${tier}`].filter(Boolean).join(", ");
  if (served !== "") told.push(`Served by ${served}.`);
  const latencyMs = receipt["latencyMs"];
  if (typeof latencyMs === "number") told.push(`It took ${latencyMs.toLocaleString("en-US")} ms.`);
  return told;
}

interface MeterLine {
  readonly meter: string;
  readonly count: number;
  readonly unitUsd: string;
  readonly per?: number;
  readonly usd: string;
  readonly model?: string;
}

function meterLines(lines: unknown): readonly MeterLine[] {
  return Array.isArray(lines) ? (lines as readonly MeterLine[]) : [];
}

/** A line may give money back. */
function nanoUsdOf(charged: string): bigint {
  return charged.startsWith("-") ? -usd(charged.slice(1)).nanoUsd : usd(charged).nanoUsd;
}

function signed(charged: string): string {
  return charged.startsWith("-") ? `-$${charged.slice(1)}` : `$${charged}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
