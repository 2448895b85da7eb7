/** Something that stands in a conversation of responses, or in its answer. */
export interface ConversationItem {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly role?: unknown;
  readonly content?: unknown;
  readonly encrypted_content?: unknown;
  readonly results?: unknown;
  readonly outputs?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** Items that have in them all that the model reads of them (OpenAI's API reference, the input of responses). */
const WHOLE = new Set([
  "message",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "computer_call",
  "computer_call_output",
  "local_shell_call",
  "local_shell_call_output",
  "shell_call",
  "shell_call_output",
  "apply_patch_call",
  "apply_patch_call_output",
  "tool_search_call",
  "tool_search_output",
  "additional_tools",
  "configuration_update",
  "mcp_list_tools",
  "mcp_approval_request",
  "mcp_approval_response",
]);
/** Items of an answer that its model wrote: what a tool of the provider found for it was input. */
const WRITTEN = new Set([
  "message",
  "reasoning",
  "function_call",
  "custom_tool_call",
  "computer_call",
  "local_shell_call",
  "shell_call",
  "apply_patch_call",
  "compaction",
]);
/** Ids are not longer than this. */
const MAX_ID = 512;

/** What the provider adds to an item from what it keeps, with its id; undefined where the item is whole. */
export function keptByProvider(
  item: ConversationItem,
): { readonly what: string; readonly itemId: string | undefined } | undefined {
  const { type, id, role, content } = item;
  const itemId = typeof id === "string" && id !== "" ? id : undefined;
  // Without a type it is a message, unless it is an id alone.
  if (typeof type !== "string")
    return itemId !== undefined && role == null && content == null
      ? { what: "an item reference", itemId }
      : undefined;
  return isWhole(type, item, itemId) ? undefined : { what: `an item of type ${type}`, itemId };
}

/** The ids of what the model wrote in an answer: its output tokens are no fewer than each of these is read as. */
export function writtenIds(output: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(output) ? output : [];
  return items.flatMap((item) => {
    const { type, id } = (typeof item === "object" && item !== null ? item : {}) as ConversationItem;
    return typeof id === "string" && id !== "" && id.length <= MAX_ID && WRITTEN.has(String(type))
      ? [id]
      : [];
  });
}

function isWhole(type: string, item: ConversationItem, itemId: string | undefined): boolean {
  if (WHOLE.has(type)) return true;
  switch (type) {
    case "reasoning":
      // Without an id there is nothing to be found by it. Models that show their thoughts have them as content.
      return itemId === undefined || isSaid(item.encrypted_content) || isSaid(item.content);
    case "compaction":
      return isSaid(item.encrypted_content);
    case "file_search_call":
      return Array.isArray(item.results);
    case "code_interpreter_call":
      return Array.isArray(item.outputs) && item.outputs.every(isLog);
    case "mcp_call":
      return typeof item.output === "string" || item.error != null;
    default:
      return false;
  }
}

function isSaid(value: unknown): boolean {
  return (typeof value === "string" || Array.isArray(value)) && value.length > 0;
}

function isLog(output: unknown): boolean {
  return typeof output === "object" && output !== null && (output as ConversationItem).type === "logs";
}
