import { ChatOpenAI } from "@langchain/openai";
import { startSimulator } from "@wflo/testkit/simulator";
import { scriptedModel } from "../core/scripted-model.ts";

const MODEL = "gpt-4.1-mini";

/** Gives the work a chat model of LangChain: OpenAI's with a key, else a scripted one behind a local server. */
export async function withModel(work: (model: ChatOpenAI) => Promise<void>): Promise<void> {
  if (process.env["OPENAI_API_KEY"]) return work(new ChatOpenAI({ model: MODEL }));
  const simulator = await startSimulator({ reply: scriptedModel });
  try {
    const configuration = { baseURL: simulator.url };
    await work(new ChatOpenAI({ model: MODEL, apiKey: "none", configuration }));
  } finally {
    await simulator.close();
  }
}
