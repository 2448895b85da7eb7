import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, HumanMessage, type UsageMetadata } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { AsyncCaller } from "@langchain/core/utils/async_caller";
import { decimalUsd } from "@wflo/core";
import { meterChatModel } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, settled } from "../metering-desk.ts";

const PROMPT = [new HumanMessage("Say something nice.")];

/** A model as others than OpenAI's and Anthropic's are made. */
abstract class OtherModel extends BaseChatModel {
  _llmType() {
    return "other";
  }

  override getLsParams() {
    return {
      ls_provider: "openai",
      ls_model_name: MODEL,
      ls_model_type: "chat" as const,
      ls_max_tokens: 100,
    };
  }
}

/** As Mistral's does, it makes a caller of its own for each request. */
class OwnCaller extends OtherModel {
  readonly maxRetries = 1;
  readonly asked: number[] = [];

  async _generate(): Promise<ChatResult> {
    return this.completionWithRetry();
  }

  async completionWithRetry(): Promise<ChatResult> {
    return new AsyncCaller({ maxRetries: this.maxRetries }).call(async (): Promise<ChatResult> => {
      this.asked.push(1);
      throw Object.assign(new Error("busy"), { status: 500 });
    });
  }
}

test("makes a call of each request of a model that makes a caller of its own", async () => {
  const wflo = await newWflo();
  const model = new OwnCaller({ maxRetries: 1 });
  await settled(meterChatModel(model, { wflo, budgets: ["user"] }).invoke(PROMPT));
  expect(model.asked).toHaveLength(2);
  expect(await lines(wflo, 2)).toHaveLength(2);
}, 30_000);

/** As Google's does, each piece tells of more input and output, and of all that was read from a cache. */
class CachedInPieces extends OtherModel {
  async _generate(): Promise<ChatResult> {
    throw new Error("it streams");
  }

  override async *_streamResponseChunks(): AsyncGenerator<ChatGenerationChunk> {
    for (const [input, output, end] of [
      [10_000, 5, {}],
      [0, 5, {}],
      [0, 5, { finish_reason: "STOP" }],
    ] as const) {
      const usage: UsageMetadata = {
        input_tokens: input,
        output_tokens: output,
        total_tokens: input + output,
        input_token_details: { cache_read: 2_000 },
      };
      const about = { model_provider: "google-genai", ...end };
      const message = new AIMessageChunk({
        content: "x",
        usage_metadata: usage,
        response_metadata: about,
      } as never);
      yield new ChatGenerationChunk({ message, text: "x" });
    }
  }
}

test("counts what was read from a cache once, though each piece tells of it", async () => {
  const wflo = await newWflo();
  const model = meterChatModel(new CachedInPieces({ maxRetries: 0 }), { wflo, budgets: ["user"] });
  for await (const _ of await model.stream(PROMPT));
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({
    kind: "settle",
    charged: decimalUsd(BigInt(8_000 * 100 + 2_000 * 25 + 15 * 400)),
  });
});
