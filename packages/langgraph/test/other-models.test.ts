import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  type BaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { AsyncCaller } from "@langchain/core/utils/async_caller";
import { decimalUsd } from "@wflo/core";
import { meterChatModel } from "@wflo/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, lines, MODEL, newWflo, settled, simulate, user } from "./metering-desk.ts";

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
}, 120_000);

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

/** As some servers do, it tells with each piece what has come to so far: of two answers the first ends early. */
async function tellsAsItGoes(pieces: readonly (readonly [number, string | null, number])[]) {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.setHeader("content-type", "text/event-stream");
      for (const [index, finish, made] of pieces) {
        const usage =
          made === 0 ? null : { prompt_tokens: 10, completion_tokens: made, total_tokens: 10 + made };
        const choices = [{ index, delta: { content: "x" }, finish_reason: finish }];
        const chunk = { id: "c", object: "chat.completion.chunk", model: MODEL, choices, usage };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      }
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("charges what is told at the end by a provider that tells usage as it goes", async () => {
  const cases = [
    {
      n: 2,
      pieces: [
        [0, null, 1],
        [0, "stop", 3],
        [1, null, 50],
        [1, "stop", 100],
      ],
    },
    {
      n: 1,
      pieces: [
        [0, null, 1],
        [0, "stop", 0],
        [0, null, 100],
      ],
    },
  ] as const;
  for (const { n, pieces } of cases) {
    const configuration = { baseURL: await tellsAsItGoes(pieces) };
    const model = new ChatOpenAI({
      model: MODEL,
      apiKey: "x",
      n,
      maxRetries: 0,
      maxTokens: 200,
      configuration,
    });
    const wflo = await newWflo();
    for await (const _ of await meterChatModel(model, { wflo, budgets: ["user"] }).stream(PROMPT));
    expect((await lines(wflo, 1))[0]?.charged).toBe(decimalUsd(BigInt(10 * 100 + 100 * 400)));
  }
});

/** A model that answers by another. */
class Router extends BaseChatModel {
  readonly chosen: BaseChatModel;

  constructor(chosen: BaseChatModel) {
    super({ maxRetries: 0 });
    this.chosen = chosen;
  }

  _llmType() {
    return "router";
  }

  override getLsParams(options: this["ParsedCallOptions"]) {
    return this.chosen.getLsParams(options);
  }

  async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = (await this.chosen.invoke(messages)) as AIMessage;
    return { generations: [{ message, text: message.text }] };
  }
}

test("charges a request once that a metered model makes by another", async () => {
  const simulator = await simulate([{ inputTokens: 300, outputTokens: 100 }]);
  const wflo = await newWflo();
  const options = { wflo, budgets: ["user"] };
  const chosen = meterChatModel(chatModel(simulator, { maxTokens: 100 }), options);
  await meterChatModel(new Router(chosen), options).invoke(PROMPT);
  await lines(wflo, 2);
  expect((await user(wflo))?.spent).toBe("0.00007");
});

/** A model with fields of its own. */
class Counting extends OtherModel {
  #count = 0;

  async _generate(): Promise<ChatResult> {
    this.#count += 1;
    const counts = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const message = new AIMessage({ content: String(this.#count), usage_metadata: counts } as never);
    return { generations: [{ message, text: message.text }] };
  }
}

test("refuses models with private fields, whose calls are counted by what LangChain tells of them", async () => {
  const wflo = await newWflo();
  const model = new Counting({ maxRetries: 0 });
  expect(() => meterChatModel(model)).toThrow(/cannot work with Counting: its private fields/);
  await wflo.run({ name: "counted", budgets: ["user"] }, () => model.invoke(PROMPT));
  expect((await lines(wflo, 1))[0]?.charged).toBe(decimalUsd(BigInt(10 * 100 + 5 * 400)));
});
