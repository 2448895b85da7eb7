import { createOpenAI, openai, type OpenAIProvider } from "@ai-sdk/openai";
import { startSimulator } from "@wflo/testkit/simulator";
import { scriptedCrew } from "../../../examples/mastra/scripted-crew.ts";

/** The real provider with a key, else one of the scripted crew behind a local server, for as long as the process lives. */
export async function openProvider(): Promise<OpenAIProvider> {
  if (process.env["OPENAI_API_KEY"]) return openai;
  const { url } = await startSimulator({ reply: scriptedCrew });
  return createOpenAI({ apiKey: "none", baseURL: url });
}
