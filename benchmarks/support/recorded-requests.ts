import { readFile } from "node:fs/promises";
import { createWflo, type Wflo } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import { startSimulator, type SimulatorReply, type SimulatorRequest } from "@wflo/testkit/simulator";
import OpenAI from "openai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { researchWorkflow } from "../../apps/examples/core/research-workflow.ts";
import { scriptedModel as researchModel } from "../../apps/examples/core/scripted-model.ts";
import { exploreFolder } from "../../apps/examples/demo/explore-folder.ts";
import { scriptedModel as exploreModel } from "../../apps/examples/demo/scripted-model.ts";

const ROOT = new URL("../../", import.meta.url);
const MODEL = "gpt-4.1-mini";
const TURNS = 20;

/** The chat requests that one piece of work made, in their order. */
export interface Recording {
  readonly name: string;
  readonly requests: readonly SimulatorRequest[];
}

/** Plays the examples' agents with their scripted models, and a chat, and keeps what they sent. */
export async function recordRequests(): Promise<readonly Recording[]> {
  const guard = new URL("packages/core/src/guard", ROOT).pathname;
  return [
    await record("research: many small agents", researchModel, async (wflo, openai) => {
      const question = "How do budgets and checkpoints help a resumed run?";
      await researchWorkflow(wflo, openai).run({ folder: ROOT.pathname, question });
    }),
    await record("explore: one agent, tools", exploreModel, async (wflo, openai) => {
      const question = "Which files decide whether a call is allowed to spend money from a budget?";
      await exploreFolder(wflo, openai).run({ folder: guard, question, model: MODEL });
    }),
    await record(`chat of ${TURNS} turns, English`, chatModel(), (_, openai) => chat(openai, prose())),
    await record(`chat of ${TURNS} turns, mixed`, chatModel(), (_, openai) => chat(openai, mixed())),
  ];
}

async function record(
  name: string,
  reply: (request: SimulatorRequest) => SimulatorReply,
  work: (wflo: Wflo, openai: OpenAI) => Promise<void>,
): Promise<Recording> {
  const simulator = await startSimulator({ reply: (request) => ({ ...reply(request), latencyMs: 0 }) });
  const wflo = createWflo({ logger: false });
  const openai = new OpenAI({ apiKey: "none", baseURL: simulator.url });
  try {
    await work(wflo, wfloOpenAI(openai, { wflo }));
    return { name, requests: [...simulator.requests] };
  } finally {
    await wflo.close();
    await simulator.close();
  }
}

/** Answers with a text of one to four paragraphs. */
function chatModel(): (request: SimulatorRequest) => SimulatorReply {
  return ({ messages }) => ({
    text: "It depends on what is held at that moment, and on who waits for it.\n\n".repeat(
      1 + (messages.length % 4),
    ),
  });
}

async function chat(openai: OpenAI, turns: Promise<readonly string[]>): Promise<void> {
  const messages: ChatCompletionMessageParam[] = [{ role: "system", content: "Answer in one paragraph." }];
  for (const content of await turns) {
    messages.push({ role: "user", content });
    const { choices } = await openai.chat.completions.create({ model: MODEL, messages });
    messages.push({ role: "assistant", content: choices[0]?.message.content ?? "" });
  }
}

/** Paragraphs of the pages of this repository. */
async function prose(): Promise<readonly string[]> {
  const page = await readFile(new URL("ARCHITECTURE.md", ROOT), "utf8");
  const paragraphs = page.split("\n\n").filter((paragraph) => /^\d*\.?\s*[A-Z]/.test(paragraph));
  return Array.from({ length: TURNS }, (_, at) => paragraphs[at % paragraphs.length] ?? "");
}

/** What costs most and least for its bytes: other scripts, code, tables, noise. */
async function mixed(): Promise<readonly string[]> {
  const code = await readFile(new URL("packages/core/src/guard/budget-line.ts", ROOT), "utf8");
  const kinds = [
    "Wie lange wartet ein Aufruf auf Geld, das ein anderer noch festhält, und wer entscheidet darüber?",
    "Сколько времени вызов ждёт денег, которые удерживает другой вызов?",
    "一个调用会等待另一个调用持有的资金多长时间?谁来决定?",
    "საქართველოს პარლამენტმა დღეს მიიღო ახალი კანონი განათლების შესახებ",
    code.slice(0, 3_000),
    JSON.stringify(Array.from({ length: 40 }, (_, at) => ({ id: at * 7919, ok: at % 3 === 0 }))),
    "🙂🚀🧪".repeat(20),
    `${" ".repeat(200)}x${"=".repeat(300)}`,
    Array.from({ length: 60 }, (_, at) => ((at * 2_654_435_761) >>> 0).toString(36)).join(""),
    "ok",
  ];
  return Array.from({ length: TURNS }, (_, at) => kinds[at % kinds.length] ?? "");
}
