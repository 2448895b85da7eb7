import { startSimulator } from "@wflo/testkit/simulator";
import OpenAI from "openai";
import { scriptedModel } from "./scripted-model.ts";

/** Gives the work a plain client of OpenAI: the real one with a key, else one of a scripted model behind a local server. */
export async function withModel(work: (openai: OpenAI) => Promise<void>): Promise<void> {
  if (process.env["OPENAI_API_KEY"]) return work(new OpenAI());
  const simulator = await startSimulator({ reply: scriptedModel });
  try {
    await work(new OpenAI({ apiKey: "none", baseURL: simulator.url }));
  } finally {
    await simulator.close();
  }
}
