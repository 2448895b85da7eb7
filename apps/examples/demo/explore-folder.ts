import type { Wflo, Workflow } from "@wflo/core";
import type OpenAI from "openai";
import type {
  ChatCompletionMessageParam,
  ChatCompletionToolMessageParam,
} from "openai/resources/chat/completions";
import { folderToolbox, folderTools } from "./folder-tools.ts";

const MAX_TURNS = 15;

/** What the agent is asked. */
export interface Question {
  readonly folder: string;
  readonly question: string;
  readonly model: string;
}

/**
 * An agent written by hand: the model asks for tools until it can answer. Each turn is a step, so a run that is stopped, for
 * money or by a crash, goes on after the last finished turn.
 */
export function exploreFolder(wflo: Wflo, openai: OpenAI): Workflow<Question, string> {
  return wflo.workflow("explore-folder", async (run, { folder, question, model }: Question) => {
    const useTool = folderToolbox(folder);
    const messages: ChatCompletionMessageParam[] = [
      {
        role: "system",
        content: "Answer the question about this folder. Look at its files before you answer.",
      },
      { role: "user", content: question },
    ];
    for (let turn = 1; turn <= MAX_TURNS; turn++) {
      const said = await run.step({ name: "turn", key: turn }, async () => {
        const { choices } = await openai.chat.completions.create({ model, messages, tools: folderTools });
        const message = choices[0]?.message;
        if (message === undefined) throw new Error("The model gave no answer.");
        const results: ChatCompletionToolMessageParam[] = [];
        for (const call of message.tool_calls ?? []) {
          if (call.type !== "function") continue;
          console.log(`           uses ${call.function.name} ${call.function.arguments}`);
          const args = JSON.parse(call.function.arguments) as Record<string, string>;
          results.push({
            role: "tool",
            tool_call_id: call.id,
            content: await useTool(call.function.name, args),
          });
        }
        return { message, results };
      });
      messages.push(said.message, ...said.results);
      if (said.results.length === 0) return said.message.content ?? "";
    }
    return `No answer after ${MAX_TURNS} turns.`;
  });
}
