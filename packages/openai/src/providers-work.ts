import type { RequestPart } from "@wflo/core";
import type { Body } from "./native-request.ts";

/** Tools that only ask the caller to do something; every other kind is work of the provider, billed beyond the request. */
const CALLER_TOOLS = new Set([
  "function",
  "custom",
  "local_shell",
  "apply_patch",
  "computer",
  "namespace",
  "tool_search",
]);
/** Fields by which a request asks for work beyond one answer of its model, in words that complete "It has …". */
const WORK: Readonly<Record<string, string>> = {
  web_search_options: "web_search_options",
  search_parameters: "search_parameters, a search of the web",
  prediction: "a prediction, whose rejected tokens are billed as output",
  prompt: "a stored prompt that may bring hosted tools",
  multi_agent: "multi_agent, the work of further models",
  context_management: "context_management, a summary that the model writes",
  plugins: "plugins",
  preset: "a preset that may bring another model and plugins",
  route: "a route to models that may be dearer",
};
/** Ways to write, in the name of a model, that a router is to do more than run it (OpenRouter). */
const WORK_IN_NAME: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/:online(?:$|:)/, "a model that searches the web (:online)"],
  [/@preset\//, "a preset in the name of its model that may bring plugins"],
];

/** What a request asks of the provider that nothing in it bounds. `items` are its messages. */
export function providersWork(fields: Body, items: unknown): RequestPart[] {
  const found = [...hostedTools(fields["tools"])];
  for (const item of Array.isArray(items) ? (items as readonly unknown[]) : [items])
    found.push(...hostedTools(fieldOf(item, "tools")));
  for (const [field, what] of Object.entries(WORK)) if (isAsked(fields[field])) found.push(what);
  found.push(...workInModels(fields));
  if (Array.isArray(fields["modalities"]) && fields["modalities"].some((kind) => kind !== "text"))
    found.push("output other than text");
  return [...new Set(found)].map((what) => ({ kind: "unbounded", what }));
}

/** Also those inside of a namespace, and of anything else that holds tools. */
function* hostedTools(tools: unknown): Iterable<string> {
  for (const tool of Array.isArray(tools) ? (tools as readonly unknown[]) : []) {
    const type = fieldOf(tool, "type");
    if (typeof type === "string" && !CALLER_TOOLS.has(type)) yield `the hosted tool ${type}`;
    yield* hostedTools(fieldOf(tool, "tools"));
  }
}

function workInModels({ model, models }: Body): string[] {
  const found = WORK_IN_NAME.filter(([pattern]) => pattern.test(String(model))).map(([, what]) => what);
  const isOther = (name: unknown) => name !== model;
  if (Array.isArray(models) && models.some(isOther))
    found.push("a list of models to fall back on that may be dearer");
  return found;
}

function isAsked(value: unknown): boolean {
  if (value == null || value === false || (Array.isArray(value) && value.length === 0)) return false;
  return fieldOf(value, "enabled") !== false && fieldOf(value, "mode") !== "off";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Body)[name] : undefined;
}
