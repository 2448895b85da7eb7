import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { initChatModel } from "langchain";
import { BudgetExceededError, decimalUsd, usd } from "@wflo/core";
import { meterChatModel } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { chatModel, lines, MODEL, newWflo, settled, simulate, user } from "./metering-desk.ts";

const KIND = { title: "kind", type: "object", properties: { kind: { type: "string" } }, required: ["kind"] };
const PROMPT = [new HumanMessage("Say something nice.")];

test("makes three calls of an answer that took three requests, and charges the one that was served", async () => {
  const simulator = await simulate([{ status: 500 }, { status: 500 }, { outputTokens: 7 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator, { maxRetries: 2 }), { wflo, budgets: ["user"] });
  await model.invoke(PROMPT);
  const found = await lines(wflo, 3);
  expect(found.map(({ kind }) => kind)).toEqual(["void", "void", "settle"]);
  expect(simulator.requests).toHaveLength(3);
  const { inputTokens, outputTokens } = simulator.billed();
  expect(found[2]?.charged).toBe(decimalUsd(BigInt(inputTokens * 100 + outputTokens * 400)));
}, 120_000);

test("retries no more often than the model does by itself", async () => {
  const simulator = await simulate([{ status: 500 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator, { maxRetries: 1 }), { wflo, budgets: ["user"] });
  expect(await settled(model.invoke(PROMPT))).toMatchObject({ status: 500 });
  expect(await settled(model.invoke(PROMPT, { maxRetries: 0 } as object))).toMatchObject({ status: 500 });
  expect(simulator.requests).toHaveLength(3);
}, 120_000);

test("leaves no hold when its reader breaks after one token, and charges the answer exactly", async () => {
  const simulator = await simulate([{ outputTokens: 40, tokensPerSecond: 400 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator), { wflo, budgets: ["user"] });
  for await (const chunk of await model.stream(PROMPT)) if (chunk.text !== "") break;
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({ kind: "settle", inDoubt: false });
  expect(await user(wflo)).toMatchObject({ reserved: "0.00", spent: line?.charged });
  expect(simulator.billed().outputTokens).toBe(40);
});

test("tells LangChain's listeners of the tokens that their reader got, and of no others", async () => {
  const simulator = await simulate([{ outputTokens: 40, tokensPerSecond: 2_000 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator), { wflo, budgets: ["user"] });
  let told = 0;
  let read = 0;
  const callbacks = [{ handleLLMNewToken: () => void (told += 1) }];
  for await (const _ of await model.stream(PROMPT, { callbacks })) if (++read === 3) break;
  await lines(wflo, 1);
  expect(told).toBeLessThanOrEqual(3);
  expect(told).toBeGreaterThan(0);
});

test("gives what the model gives: class, tools, structured output, chunks and usage", async () => {
  const answers = [
    { toolCalls: [{ name: "add", arguments: { a: 1 } }] },
    { text: '{"kind":"bee"}' },
    { text: "one two" },
  ];
  const [one, two] = await Promise.all([simulate(answers), simulate(answers)]);
  const wflo = await newWflo();
  const results = await Promise.all(
    [chatModel(one), meterChatModel(chatModel(two), { wflo, budgets: ["user"] })].map(async (model) => {
      expect(model).toBeInstanceOf(ChatOpenAI);
      const tool = {
        type: "function" as const,
        function: { name: "add", parameters: { type: "object", properties: {} } },
      };
      const called = await model.bindTools([tool]).invoke(PROMPT);
      const parsed = await model.withStructuredOutput(KIND).invoke(PROMPT);
      const chunks = [];
      for await (const chunk of await model.stream(PROMPT)) chunks.push([chunk.text, chunk.usage_metadata]);
      return {
        calls: called.tool_calls?.map(({ name, args }) => ({ name, args })),
        usage: called.usage_metadata,
        parsed,
        chunks,
      };
    }),
  );
  expect(results[1]).toEqual(results[0]);
  expect(two.requests.map(({ body }) => body)).toEqual(one.requests.map(({ body }) => body));
  expect(await lines(wflo, 3)).toHaveLength(3);
});

test("keeps usage from a caller who did not ask for it, and counts it all the same", async () => {
  const simulator = await simulate([{ outputTokens: 9 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator, { streamUsage: false }), { wflo, budgets: ["user"] });
  const usages: unknown[] = [];
  for await (const { usage_metadata: usage } of await model.stream(PROMPT))
    if (usage !== undefined) usages.push(usage);
  expect(usages).toEqual([]);
  expect((await lines(wflo, 1))[0]).toMatchObject({ kind: "settle" });
});

test("writes an output cap that the money pays for, and lets the request alone while it is not short", async () => {
  const simulator = await simulate([{ outputTokens: 5 }]);
  const wflo = await newWflo("0.002");
  const model = meterChatModel(chatModel(simulator), { wflo, budgets: ["user"] });
  await model.invoke(PROMPT);
  const [short] = simulator.requests;
  const cap = (short?.body as { max_tokens?: number } | undefined)?.max_tokens ?? 0;
  expect(cap).toBeGreaterThan(1_000);
  expect(cap).toBeLessThan(5_001);
  await wflo.budgets.set({ id: "user", caps: { total: "10.00" } });
  await model.invoke(PROMPT);
  expect(simulator.requests[1]?.body).not.toHaveProperty("max_tokens");
});

test("refuses before a byte is sent, once, whatever retries stand around", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo("0.000001");
  let refusals = 0;
  wflo.on("budget-exceeded", () => void (refusals += 1));
  const model = meterChatModel(chatModel(simulator, { maxRetries: 5 }), { wflo, budgets: ["user"] });
  expect(await settled(model.invoke(PROMPT))).toBeInstanceOf(BudgetExceededError);
  const reading = async () => {
    for await (const _ of await model.stream(PROMPT));
  };
  expect(await settled(reading())).toBeInstanceOf(BudgetExceededError);
  expect(simulator.requests).toHaveLength(0);
  expect(refusals).toBe(2);
});

test("charges a model that is metered twice once", async () => {
  const simulator = await simulate([{ outputTokens: 3 }]);
  const wflo = await newWflo();
  const options = { wflo, budgets: ["user"] };
  const model = meterChatModel(meterChatModel(chatModel(simulator), options), options);
  await model.invoke(PROMPT);
  for await (const _ of await model.stream(PROMPT));
  expect(await lines(wflo, 2)).toHaveLength(2);
});

test("meters the models that a configurable model picks, with what was bound to it", async () => {
  const simulator = await simulate([{ toolCalls: [{ name: "add", arguments: {} }] }]);
  const wflo = await newWflo();
  const configured = await initChatModel(MODEL, {
    modelProvider: "openai",
    apiKey: "sk-secret",
    maxRetries: 0,
    configuration: { baseURL: simulator.url },
  });
  const model = meterChatModel(configured, { wflo, budgets: ["user"] });
  const tool = {
    type: "function",
    function: { name: "add", parameters: { type: "object", properties: {} } },
  };
  await model.bindTools([tool]).invoke(PROMPT);
  await model.invoke(PROMPT);
  for await (const _ of await model.stream(PROMPT));
  expect(await lines(wflo, 3)).toHaveLength(3);
  expect((simulator.requests[0]?.body as { tools?: unknown[] } | undefined)?.tools).toHaveLength(1);
});

test("counts the events of LangChain's protocol of content blocks", async () => {
  const simulator = await simulate([{ outputTokens: 6 }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator), { wflo, budgets: ["user"] });
  for await (const _ of model.streamEvents(PROMPT, {} as never) as AsyncIterable<unknown>);
  const { inputTokens, outputTokens } = simulator.billed();
  const [line] = await lines(wflo, 1);
  expect(line).toMatchObject({
    kind: "settle",
    charged: decimalUsd(BigInt(inputTokens * 100 + outputTokens * 400)),
  });
});

test("asks for a hold where the provider works by itself, and takes it", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo();
  const searching = chatModel(simulator).bindTools([{ type: "web_search" } as never]);
  const bound = (searching as unknown as ChatOpenAI) ?? searching;
  const refused = meterChatModel(bound, { wflo, budgets: ["user"] });
  expect(await settled(refused.invoke(PROMPT))).toMatchObject({ code: "WFLO_UNBOUNDED_REQUEST" });
  const held = meterChatModel(bound, { wflo, budgets: ["user"], hold: "0.05" });
  await held.invoke(PROMPT);
  expect((await lines(wflo, 1))[0]).toMatchObject({ held: "0.05" });
});

test("says that it needs a client or a budget where it has neither", async () => {
  const simulator = await simulate([{}]);
  const model = meterChatModel(chatModel(simulator));
  expect(await settled(model.invoke(PROMPT))).toMatchObject({ code: "WFLO_NO_CLIENT" });
  expect(usd("1.00").nanoUsd).toBe(1_000_000_000n);
  expect(simulator.requests).toHaveLength(0);
});

test("has Anthropic's models as well", () => {
  const model = new ChatAnthropic({ model: "claude-sonnet-4-5", apiKey: "sk-ant" });
  expect(meterChatModel(model, { budget: "1.00" })).toBeInstanceOf(ChatAnthropic);
});
