import type { LanguageModelV4Content } from "@ai-sdk/provider";
import { agentWorkflow, meter } from "@wflo/ai-sdk";
import type { Wflo } from "@wflo/core";
import { jsonSchema, tool, ToolLoopAgent } from "ai";
import { MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { expect, test } from "vitest";
import { newWflo, pause, settled } from "./metering-desk.ts";

const BYTES = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
const ADDRESS = "data:image/png;base64,iVBORw0KGgo=";
const LOOK = { type: "tool-call", toolCallId: "look-1", toolName: "look", input: "{}" } as const;
const USAGE = {
  inputTokens: { total: 1_000, noCache: 1_000, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 40, text: 40, reasoning: 0 },
};

/** Draws a picture and looks at it, then fails until it is mended: what it was asked last is kept. */
function painter(picture: LanguageModelV4Content) {
  const asked: unknown[] = [];
  const state = { asked, isDown: true };
  const answer = (prompt: readonly { readonly role: string }[]) => {
    asked.push(prompt);
    const isDone = prompt.some(({ role }) => role === "tool");
    if (isDone && state.isDown) throw new Error("The provider is down.");
    const unified = isDone ? ("stop" as const) : ("tool-calls" as const);
    const content: LanguageModelV4Content[] = isDone
      ? [{ type: "reasoning", text: "It is a picture." }]
      : [picture, LOOK];
    return { content, finishReason: { unified, raw: unified }, usage: USAGE, warnings: [] };
  };
  const model = new MockLanguageModelV4({
    provider: "openai",
    modelId: "gpt-4.1-nano",
    doGenerate: async ({ prompt }) => answer(prompt),
    doStream: async ({ prompt }) => {
      const { content, finishReason, usage } = answer(prompt);
      const pieces = content.filter((piece) => piece.type !== "reasoning" && piece.type !== "text");
      return {
        stream: simulateReadableStream({ chunks: [...pieces, { type: "finish", finishReason, usage }] }),
      };
    },
  });
  return { model: meter(model), state };
}

test.each([
  ["its bytes", { type: "data", data: BYTES }],
  ["bytes of a class", { type: "data", data: Buffer.from(BYTES) }],
  ["its address", { type: "url", url: new URL(ADDRESS) }],
] as const)(
  "an answer with a picture by %s is saved and paid once, whole and streamed, and asked for with the same picture",
  async (_, data) => {
    for (const stream of [false, true]) {
      const { wflo } = await newWflo();
      const { model, state } = painter({ type: "file", mediaType: "image/png", data });
      const look = tool({ inputSchema: jsonSchema({ type: "object" }), execute: async () => "seen" });
      const agent = new ToolLoopAgent({ model, maxRetries: 0, onError: () => {}, tools: { look } });
      type Result = Awaited<ReturnType<typeof agent.stream>>;
      const workflow = wflo.workflow(
        "painter",
        agentWorkflow<{ prompt: string }, Result>(agent, { stream }),
        {
          budget: "1.00",
        },
      );
      await settled(workflow.run({ prompt: "Paint." }));
      const failed = await endOf(wflo);
      expect(failed.status).toBe("failed");
      state.isDown = false;
      await workflow.resume(failed.id);
      expect((await endOf(wflo)).status).toBe("completed");
      const [, before, again, ...more] = state.asked;
      expect(again).toEqual(before);
      expect(more).toEqual([]);
    }
  },
);

/** The only run, once it is at rest. */
async function endOf(wflo: Wflo) {
  for (let tries = 0; tries < 300; tries += 1) {
    const [run] = await wflo.runs.list();
    if (run !== undefined && run.status !== "running") return run;
    await pause(10);
  }
  throw new Error("its run did not end");
}
