import type { RequestPart } from "@wflo/core";
import type { Body } from "./native-request.ts";

/** Tools that only ask the caller to do something, in the caller's words. */
const CALLERS = new Set(["function", "custom", "namespace"]);
/** The same, in the provider's words. */
const DESCRIBED = new Set(["local_shell", "apply_patch", "computer", "tool_search"]);
/** Work of the provider that `max_tool_calls` counts, and what a call may be billed by (OpenAI's API reference, `max_tool_calls`). */
const COUNTED: Readonly<Record<string, (tool: Body) => string>> = {
  web_search: () => "web_search",
  web_search_preview: () => "web_search_preview",
  file_search: () => "file_search",
  code_interpreter: containerFee,
};
/** Of a type with its date. */
const DATE = /_\d{4}(?:_\d{2}){2}$/;

/** All tools of a request, also those inside of a namespace, and of anything else that holds tools. */
export function* toolsIn(tools: unknown): Iterable<Body> {
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    if (typeof tool !== "object" || tool === null) continue;
    yield tool as Body;
    yield* toolsIn((tool as Body)["tools"]);
  }
}

/** Whether the provider has words of its own for a tool. */
export function isDescribed({ type }: Body): boolean {
  return typeof type === "string" && !CALLERS.has(type);
}

/** What tools may have the provider do: bounded where the request says how many calls it may make. */
export function hostedWork(tools: readonly Body[], maxToolCalls: unknown): RequestPart[] {
  const hosted = tools.filter((tool) => isDescribed(tool) && !DESCRIBED.has(String(tool["type"])));
  const name = ({ type }: Body) => `the hosted tool ${String(type)}`;
  const isBounded = Number.isSafeInteger(maxToolCalls) && (maxToolCalls as number) >= 0;
  const fees: string[] = [];
  const counted: string[] = [];
  const unbounded = new Map<string, RequestPart>();
  for (const tool of hosted) {
    const feeOf = COUNTED[String(tool["type"]).replace(DATE, "")];
    const what = name(tool);
    if (feeOf !== undefined && isBounded) {
      fees.push(feeOf(tool));
      counted.push(what);
    } else {
      const bound = feeOf === undefined ? undefined : "max_tool_calls";
      unbounded.set(what, { kind: "unbounded", what, ...(bound === undefined ? {} : { bound }) });
    }
  }
  if (counted.length === 0) return [...unbounded.values()];
  const what = [...new Set(counted)].join(", ");
  return [...unbounded.values(), { kind: "uses", what, atMost: maxToolCalls as number, fees }];
}

/** Each call may be in a container of its own. */
function containerFee({ container }: Body): string {
  const memory =
    typeof container === "object" && container !== null ? (container as Body)["memory_limit"] : null;
  return typeof memory !== "string" || memory === "1g" ? "container" : `container_${memory}`;
}
