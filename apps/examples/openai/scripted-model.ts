import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit/simulator";

/** A message of chat or an item of responses, as far as the script reads it. */
interface Item {
  readonly role?: string;
  readonly type?: string;
  readonly content?: string;
  readonly output?: string;
}

/**
 * Plays the model where no key is set, and sees nothing but the request, like a real one: asks for the list of decisions if it
 * may, reads those it is asked about one by one, and answers with their titles.
 */
export function scriptedModel({ messages, body }: SimulatorRequest): SimulatorReply {
  const pace = { latencyMs: 20, tokensPerSecond: 400 };
  const items = messages as readonly Item[];
  const question = items.find(({ role }) => role === "user")?.content ?? "";
  const results = items.flatMap(resultOf);
  const tools = JSON.stringify(body["tools"] ?? []);
  if (!tools.includes("read_decision")) return { ...pace, text: answerTo(question) };

  const mayList = tools.includes("list_decisions");
  if (mayList && results.length === 0)
    return { ...pace, toolCalls: [{ name: "list_decisions", arguments: {} }] };
  const [list, pages] = mayList ? [results[0] ?? "", results.slice(1)] : [question, results];
  const number = numbersIn(list)[pages.length];
  if (number !== undefined) return { ...pace, toolCalls: [{ name: "read_decision", arguments: { number } }] };
  return { ...pace, text: pages.map((page) => `- ${page.split("\n")[0]?.replace("# ", "")}`).join("\n") };
}

/** What a tool answered, in the words of either API. */
function resultOf({ role, type, content, output }: Item): string[] {
  const result = role === "tool" ? content : type === "function_call_output" ? output : undefined;
  return result === undefined ? [] : [result];
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function answerTo(question: string): string {
  return `You asked: "${question}" A real model would know; this one is scripted, since no OPENAI_API_KEY is set.`;
}
