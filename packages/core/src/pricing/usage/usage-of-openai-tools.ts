import { usageOfOpenAIImage } from "./usage-of-openai-media.ts";
import { fieldsOf, listOf, type Fields } from "./usage-of-response-fields.ts";
import type { SideUsage, Usage } from "./usage.ts";

/** Calls of tools that run at the caller's, or are free of charge. */
const FREE_CALLS = new Set([
  "apply_patch_call",
  "computer_call",
  "custom_tool_call",
  "function_call",
  "local_shell_call",
  "mcp_call",
  "tool_search_call",
]);

/** What a model of images made for a response: newer answers tell it apart, with the model among their tools. */
export function imagesMade(response: Fields): SideUsage | undefined {
  const usage = usageOfOpenAIImage({ usage: fieldsOf(response["tool_usage"])?.["image_gen"] });
  if (usage === undefined || usage.inputTokens + usage.outputTokens === 0) return undefined;
  const tool = listOf(response["tools"]).find(({ type }) => type === "image_generation");
  const model = tool?.["model"];
  return { model: typeof model === "string" && model !== "" ? model : "an image model", usage };
}

/** Fees of the tools that OpenAI ran for a response, counted from its output items, or told by it where it does. */
export function hostedToolFees(response: Fields, hasImages: boolean): NonNullable<Usage["fees"]> {
  const types = listOf(response["tools"]).map((tool) => tool["type"]);
  const isPreview = types.some((type) => typeof type === "string" && type.startsWith("web_search_preview"));
  const search = isPreview ? "web_search_preview" : "web_search";
  const counts = new Map<string, number>();
  const containers = new Set<unknown>();
  const add = (meter: string) => counts.set(meter, (counts.get(meter) ?? 0) + 1);
  for (const item of listOf(response["output"])) {
    const { type } = item;
    if (typeof type !== "string" || !type.endsWith("_call") || FREE_CALLS.has(type)) continue;
    if (type === "web_search_call") {
      if (isSearch(item)) add(search);
    } else if (type === "file_search_call") add("file_search");
    else if (type === "code_interpreter_call") containers.add(item["container_id"]);
    else if (type === "shell_call") addShellContainer(item, containers);
    else if (type === "image_generation_call" && hasImages) continue;
    // Anything else may be billed in a way not known here: named, so that it is not taken for free.
    else add(type.slice(0, -"_call".length));
  }
  if (containers.size > 0) counts.set(containerMeter(response), containers.size);
  const billed = fieldsOf(fieldsOf(response["tool_usage"])?.["web_search"])?.["num_requests"];
  if (typeof billed === "number") counts.set(search, Math.max(billed, counts.get(search) ?? 0));
  return [...counts].filter(([, count]) => count > 0).map(([meter, count]) => ({ meter, count }));
}

/** A shell at the caller's is free; one in a hosted container shares the fee of that container. */
function addShellContainer(item: Fields, containers: Set<unknown>): void {
  const environment = fieldsOf(item["environment"]);
  if (environment?.["type"] === "container_reference") containers.add(environment["container_id"]);
}

/** Only searches are billed, not opening a page or finding something in it. */
function isSearch(item: Fields): boolean {
  const action = fieldsOf(item["action"]);
  return action === undefined || action["type"] === "search";
}

/** The known fee is that of the default container of 1 GB. */
function containerMeter(response: Fields): string {
  for (const tool of listOf(response["tools"])) {
    const place = fieldsOf(tool["container"]) ?? fieldsOf(tool["environment"]);
    const memory = place?.["memory_limit"];
    if (typeof memory === "string" && memory !== "1g") return `container_${memory}`;
  }
  return "container";
}
