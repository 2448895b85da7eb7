import { createOpenAI, openai } from "@ai-sdk/openai";
import { startSimulator } from "@wflo/testkit/simulator";
import type { LanguageModel } from "ai";
import { scriptedChat } from "./scripted-chat.ts";

const name = "gpt-4.1-mini";

/** Gives the work a plain model of the AI SDK: the real one with a key, else a scripted one behind a local server. */
export async function withLanguageModel(work: (model: LanguageModel) => Promise<void>): Promise<void> {
  if (process.env["OPENAI_API_KEY"]) return work(openai(name));
  const simulator = await startSimulator({ reply: scriptedChat });
  try {
    await work(createOpenAI({ apiKey: "none", baseURL: simulator.url })(name));
  } finally {
    await simulator.close();
  }
}
