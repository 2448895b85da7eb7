import { providerToolPrompts, type RequestPart } from "@wflo/core";
import { hostedWork, isDescribed, toolsIn } from "./hosted-tools.ts";
import type { Body } from "./native-request.ts";

/** Fields by which a request asks for work beyond one answer of its model, in words that complete "It has …". */
const WORK: Readonly<Record<string, string>> = {
  web_search_options: "web_search_options",
  search_parameters: "search_parameters, a search of the web",
  // Azure's "On Your Data", and Qwen's search.
  data_sources: "data_sources, documents that the provider searches",
  enable_search: "enable_search, a search of the web",
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

/** What a request asks of the provider beside its text, bounded or not. `items` are its messages. */
export function providersWork(fields: Body, items: unknown): RequestPart[] {
  const found: string[] = [];
  const lists = [fields, ...(Array.isArray(items) ? (items as readonly unknown[]) : [items])];
  const tools = lists.flatMap((holder) => [...toolsIn(fieldOf(holder, "tools"))]);
  for (const [field, what] of Object.entries(WORK)) if (isAsked(fields[field])) found.push(what);
  found.push(...workInModels(fields));
  if (Array.isArray(fields["modalities"]) && fields["modalities"].some((kind) => kind !== "text"))
    found.push("output other than text");
  return [
    ...[...new Set(found)].map((what): RequestPart => ({ kind: "unbounded", what })),
    ...hostedWork(tools, fields["max_tool_calls"]),
    ...providerToolPrompts(tools.filter(isDescribed).length),
  ];
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

/** A field of an object; undefined of anything else. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Body)[name] : undefined;
}
