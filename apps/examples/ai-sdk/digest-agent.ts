import type { OpenAIProvider } from "@ai-sdk/openai";
import { meter } from "@wflo/ai-sdk";
import type { Wflo, Workflow } from "@wflo/core";
import { isStepCount, ToolLoopAgent } from "ai";
import { decisionTools } from "./decision-tools.ts";

/** An agent as one writes it for the AI SDK, and a workflow of it: its answers and what its tools did are saved as steps. */
export function digestAgent(
  wflo: Wflo,
  openai: OpenAIProvider,
): Workflow<{ readonly prompt: string }, { readonly text: string }> {
  const agent = new ToolLoopAgent({
    model: meter(openai.chat("gpt-4.1-mini")),
    instructions: "You digest design decisions. List them, read each, and answer with their titles.",
    tools: decisionTools,
    stopWhen: isStepCount(30),
  });
  return wflo.workflow("decision-digest-agent", agent);
}
