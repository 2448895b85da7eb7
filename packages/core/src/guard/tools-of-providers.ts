import type { RequestPart } from "./guard-request.ts";

/**
 * Tokens that a provider adds to a prompt for each tool of its own, at most: Anthropic's text editor takes 700, its computer use 735 and a system
 * prompt of 499 (its docs, "Tool use pricing", 2026-11). Others do not say.
 */
const PROVIDER_TOOL_TOKENS = 1_536;
/** Anthropic's tools that say how often they may be used, and what a use is billed by: its web_fetch costs tokens alone. */
const COUNTED = /^(web_search|web_fetch)_(\d{8})$/;
/** From the versions after these on, the model may run code that uses them, which takes turns that nothing counts. */
const LAST_DIRECT: Readonly<Record<string, string>> = { web_search: "20250305", web_fetch: "20250910" };
const FEES: Readonly<Record<string, readonly string[]>> = { web_search: ["web_search"], web_fetch: [] };

/** What providers say of so many tools of theirs. */
export function providerToolPrompts(count: number): RequestPart[] {
  const what = "tools that the provider describes";
  return count === 0 ? [] : [{ kind: "tokens", what, atMost: count * PROVIDER_TOOL_TOKENS }];
}

/** A tool that the provider runs, as far as Anthropic's say what bounds them. */
export interface HostedTool {
  /** How a refusal names it. */
  readonly name: string;
  /** With its version: `web_search_20250305`. */
  readonly type: string;
  readonly maxUses: unknown;
  readonly allowedCallers: unknown;
  /** How the caller writes the bound of its uses: `max_uses`. */
  readonly option: string;
}

/** The work that a hosted tool may do: bounded by how often it may be used, where it says so and nothing else uses it. */
export function hostedToolWork(tool: HostedTool): RequestPart {
  const what = `the hosted tool ${tool.name}`;
  const [, kind = "", version = ""] = COUNTED.exec(tool.type) ?? [];
  const fees = FEES[kind];
  if (fees === undefined) return { kind: "unbounded", what };
  const { maxUses, allowedCallers: callers } = tool;
  const isDirect =
    callers == null
      ? version <= (LAST_DIRECT[kind] ?? "")
      : Array.isArray(callers) && callers.join() === "direct";
  if (!isDirect) return { kind: "unbounded", what: `${what}, which code may use that the provider runs` };
  if (!Number.isSafeInteger(maxUses) || (maxUses as number) < 0)
    return { kind: "unbounded", what, bound: `${tool.option} of that tool` };
  return { kind: "uses", what, atMost: maxUses as number, fees };
}
