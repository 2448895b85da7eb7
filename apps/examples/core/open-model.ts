import { startSimulator } from "@wflo/testkit/simulator";
import OpenAI from "openai";
import { scriptedModel } from "./scripted-model.ts";

/** The model of the examples: OpenAI's with a key, else a scripted one behind a local server. */
export async function openModel(): Promise<{ readonly openai: OpenAI; readonly close: () => Promise<void> }> {
  if (process.env["OPENAI_API_KEY"]) return { openai: new OpenAI(), close: async () => {} };
  const simulator = await startSimulator({ reply: scriptedModel });
  return { openai: new OpenAI({ apiKey: "none", baseURL: simulator.url }), close: () => simulator.close() };
}
