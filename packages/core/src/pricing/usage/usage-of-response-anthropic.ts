import { withoutDate } from "../rates/model-id.ts";
import type { SideUsage, Usage } from "./usage.ts";
import {
  feesOf,
  fieldsOf,
  listOf,
  picoUsdOf,
  sumOf,
  usageFrom,
  type Fields,
} from "./usage-of-response-fields.ts";
import { sumOfUsages } from "./usage-of-response-sum.ts";

/** Iterations whose work is not in the usage of the message. */
const BESIDE_MESSAGE = new Set<unknown>(["advisor_message", "compaction"]);

/**
 * The usage of an Anthropic message. Its `input_tokens` leave the cache out. Where it has iterations (compaction, an advisor, a
 * fallback), they are what is billed, each at the price of its own model. `advice`: how often an advisor answered.
 */
export function usageOfAnthropic(usage: Fields, model: unknown, advice = 0): unknown {
  const iterations = listOf(usage["iterations"]);
  const own = iterations.filter((part) => isModel(part["model"], model));
  // The message is among its iterations, whatever model made it, unless only work beside it is told.
  const isTold = iterations.some(({ type }) => !BESIDE_MESSAGE.has(type));
  const parts = isTold ? own : [usage, ...own];
  const main = sumOfUsages([
    ...parts.map((part) => tokensOf(part, modifiersOf({ ...usage, ...part }))),
    usageFrom({
      input: 0,
      output: 0,
      // Without an iteration of its own, what an advisor did is not told.
      fees: [...feesOfMessage(usage), ...feesOf({ advisor: iterations.length === 0 ? advice : 0 })],
      // A gateway in front adds it.
      reported: picoUsdOf(usage["cost"]),
    }),
  ]);
  if (main === undefined) return undefined;
  const others = iterations
    .filter((part) => !isModel(part["model"], model))
    .map((part) => ({ model: part["model"], usage: tokensOf(part) }) as SideUsage);
  // Where tools of the provider's ran, the counts are the sum of several requests of which none is told.
  const isUnsplit = iterations.length === 0 && (main.fees ?? []).some(({ meter }) => meter !== "advisor");
  const whole = isUnsplit ? { ...main, isUnsplit } : main;
  return others.length > 0 ? { ...whole, others: [...(whole.others ?? []), ...others] } : whole;
}

/** An alias and a dated name are one model. */
function isModel(of: unknown, model: unknown): boolean {
  if (of === undefined || of === null) return true;
  return typeof of === "string" && typeof model === "string" && withoutDate(of) === withoutDate(model);
}

function tokensOf(usage: Fields, modifiers = modifiersOf(usage)): unknown {
  const cached = usage["cache_read_input_tokens"];
  const lifetimes = fieldsOf(usage["cache_creation"]);
  const forMinutes = lifetimes?.["ephemeral_5m_input_tokens"];
  const forAnHour = lifetimes?.["ephemeral_1h_input_tokens"];
  const written = usage["cache_creation_input_tokens"] ?? sumOf(forMinutes, forAnHour);
  // A stream's last event may tell more writes than its first told lifetimes of: they have the dearer one that was told.
  const hourly = sumOf(forAnHour);
  const untold = Math.max(0, sumOf(written) - hourly - sumOf(forMinutes));
  return usageFrom({
    input: sumOf(usage["input_tokens"], cached, written),
    cached,
    written,
    writtenForAnHour: hourly > 0 ? hourly + untold : hourly,
    output: usage["output_tokens"],
    reasoning: fieldsOf(usage["output_tokens_details"])?.["thinking_tokens"],
    modifiers,
  });
}

function feesOfMessage(usage: Fields): NonNullable<Usage["fees"]> {
  const tools = Object.entries(fieldsOf(usage["server_tool_use"]) ?? {});
  // What is fetched is paid as input.
  const paid = tools.filter(([name]) => name !== "web_fetch_requests");
  return feesOf({
    ...Object.fromEntries(paid.map(([name, count]) => [name.replace(/_requests$/, ""), count])),
    fallback_credit: usage["fallback_credit"] ? 1 : 0,
  });
}

/** Inference anywhere, at the speed of everybody. */
const ORDINARY = new Set(["", "global", "not_available", "standard"]);

function modifiersOf(usage: Fields): readonly string[] {
  return ["inference_geo", "speed"].flatMap((name) => {
    const value = usage[name];
    return typeof value === "string" && !ORDINARY.has(value) ? [`${name}:${value}`] : [];
  });
}
