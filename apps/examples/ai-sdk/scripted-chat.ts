import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit/simulator";

/** An item of the Responses API, as far as the script reads it. */
interface Item {
  readonly role?: string;
  readonly type?: string;
  readonly content?: string | readonly { readonly text?: string }[];
  readonly output?: string;
}

const STORY = "Then another bee came home, danced, and all of them flew out to where it had been.";

/**
 * Plays the model where no key is set, and sees nothing but the request: looks up what is left when it is asked about that, tells a long
 * story slowly, and writes an essay that costs much.
 */
export function scriptedChat({ messages }: SimulatorRequest): SimulatorReply {
  const pace = { latencyMs: 20, tokensPerSecond: 25 };
  const items = messages as readonly Item[];
  const questions = items.filter(({ role }) => role === "user").map(textOf);
  const question = questions.at(-1) ?? "";
  const last = items.at(-1);
  if (last?.type === "function_call_output") return { ...pace, text: `You have ${last.output} left.` };
  if (question.includes("left")) return { ...pace, toolCalls: [{ name: "month_left", arguments: {} }] };
  if (question.includes("story")) return { ...pace, text: `${`${STORY} `.repeat(8)}The end.` };
  if (question.includes("essay")) return { text: "An essay, as long as a call may be.", outputTokens: 2_000 };
  return {
    ...pace,
    text: `Question ${questions.length} of this chat was: "${question}" A real model would know; this one is scripted, since no OPENAI_API_KEY is set.`,
  };
}

function textOf({ content = "" }: Item): string {
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
