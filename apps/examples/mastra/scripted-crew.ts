import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit/simulator";

/** An item of the Responses API, as far as the script reads it. */
interface Item {
  readonly role?: string;
  readonly type?: string;
  readonly content?: string | readonly { readonly text?: string }[];
  readonly output?: string;
}

/**
 * Plays the models of the crew where no key is set, and sees nothing but the request, like a real one: who has agents below sets the one and
 * then the other to work, who has tools reads what it is asked about, and who has neither makes a sentence.
 */
export function scriptedCrew({ messages, body }: SimulatorRequest): SimulatorReply {
  const pace = { latencyMs: 20, tokensPerSecond: 400 };
  const items = messages as readonly Item[];
  const question =
    items
      .filter(({ role }) => role === "user")
      .map(textOf)
      .at(-1) ?? "";
  const results = items.flatMap(({ type, output }) =>
    type === "function_call_output" ? [output ?? ""] : [],
  );
  const tools = JSON.stringify(body["tools"] ?? []);
  if (tools.includes("agent-editor")) {
    const next = ["agent-reader", "agent-editor"][results.length];
    const prompt = results.length === 0 ? question : `Notes: ${results.at(-1)}`;
    if (next !== undefined) return { ...pace, toolCalls: [{ name: next, arguments: { prompt } }] };
    return { ...pace, text: results.at(-1) ?? "" };
  }
  if (tools.includes("read_decision")) {
    const number = numbersIn(question)[results.length];
    if (number !== undefined)
      return { ...pace, toolCalls: [{ name: "read_decision", arguments: { number } }] };
    return { ...pace, text: results.map(titleOf).join("; ") };
  }
  return { ...pace, text: `In one sentence: ${question.replace("Notes: ", "")}.` };
}

function titleOf(page: string): string {
  return /# (.*?)(?:\\n|\n|$)/.exec(page)?.[1] ?? page;
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function textOf({ content = "" }: Item): string {
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
