import { createOpenAI, openai, type OpenAIProvider } from "@ai-sdk/openai";
import { startSimulator, type SimulatorReply, type SimulatorRequest } from "@wflo/testkit/simulator";
import { scriptedModel } from "../openai/scripted-model.ts";

/** Gives the work a plain provider of the AI SDK: the real one with a key, else one of a scripted model behind a local server. */
export async function withModel(
  work: (provider: OpenAIProvider) => Promise<void>,
  script: (request: SimulatorRequest) => SimulatorReply = scriptedModel,
): Promise<void> {
  if (process.env["OPENAI_API_KEY"]) return work(openai);
  const simulator = await startSimulator({ reply: script });
  try {
    await work(createOpenAI({ apiKey: "none", baseURL: simulator.url }));
  } finally {
    await simulator.close();
  }
}
