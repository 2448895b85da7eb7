import { InMemoryCache } from "@langchain/core/caches";
import { HumanMessage } from "@langchain/core/messages";
import { OpenAI } from "@langchain/openai";
import { createAgent, modelFallbackMiddleware, modelRetryMiddleware, type AgentMiddleware } from "langchain";
import { isBudgetExceeded } from "@wflo/core";
import { wfloAgentMiddleware, wfloCallbacks } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { chatModel, lines, newWflo, pause, settled, simulate, user } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("Say something nice.")];

test("charges nothing for an answer from LangChain's cache, and refuses no later call for it", async () => {
  const simulator = await simulate([{ inputTokens: 30, outputTokens: 10 }]);
  const wflo = await newWflo();
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] })];
  const model = chatModel(simulator, { cache: new InMemoryCache(), maxTokens: 100 });
  for (let i = 0; i < 3; i += 1) await model.invoke(PROMPT, { callbacks });
  expect((await lines(wflo, 3)).map(({ kind }) => kind)).toEqual(["settle", "void", "void"]);
  expect(await user(wflo)).toMatchObject({ spent: "0.000007", reserved: "0.00" });
});

test("gives the answer of a model of text, and leaves no hold", async () => {
  const simulator = await simulate([{ inputTokens: 30, outputTokens: 10 }]);
  const wflo = await newWflo();
  const model = new OpenAI({
    model: "gpt-3.5-turbo-instruct",
    apiKey: "x",
    maxRetries: 0,
    maxTokens: 100,
    configuration: { baseURL: simulator.url },
  });
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"], provider: "openai" })];
  expect(await model.invoke("hello", { callbacks })).toEqual(expect.any(String));
  expect((await user(wflo))?.reserved).toBe("0.00");
});

test("charges a call once that two handlers are told of", async () => {
  const simulator = await simulate([{ inputTokens: 30, outputTokens: 10 }]);
  const wflo = await newWflo();
  const handler = () => wfloCallbacks({ wflo, budgets: ["user"] });
  const model = chatModel(simulator, { callbacks: [handler()], maxTokens: 100 });
  await model.invoke(PROMPT, { callbacks: [handler()] });
  await wflo.run({ name: "around", budgets: ["user"] }, () =>
    model.invoke(PROMPT, { callbacks: [handler(), handler()] }),
  );
  await pause(200);
  expect(await wflo.calls.list()).toHaveLength(2);
});

test("does not let the retries of an agent inside a run swallow the refusal of a model that nobody wrapped", async () => {
  const failing = await simulate([{ status: 400 }]);
  const dear = await simulate([{ outputTokens: 3 }]);
  const wflo = await newWflo();
  let refusals = 0;
  wflo.on("budget-exceeded", () => void (refusals += 1));
  const agent = createAgent({
    model: chatModel(failing, { maxTokens: 10 }),
    middleware: [
      wfloAgentMiddleware(),
      modelRetryMiddleware({ maxRetries: 2, initialDelayMs: 1 }) as AgentMiddleware,
      modelFallbackMiddleware(chatModel(dear, { maxTokens: 30_000 })),
    ],
  });
  const refusal = await settled(
    wflo.run({ name: "x", budget: "0.001" }, () => agent.invoke({ messages: PROMPT })),
  );
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect(refusals).toBe(1);
});

test("charges a stream of a tool's arguments that breaks off by what was seen of them", async () => {
  const simulator = await simulate([
    { toolCalls: [{ name: "add", arguments: { a: "word ".repeat(2_000) } }], tokensPerSecond: 4_000 },
  ]);
  const wflo = await newWflo();
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] })];
  let seen = 0;
  for await (const { tool_call_chunks: chunks = [] } of await chatModel(simulator, {
    maxTokens: 30_000,
  }).stream(PROMPT, { callbacks })) {
    seen += chunks.length;
    if (seen > 1_000) break;
  }
  const leftMs = performance.now();
  await expect.poll(async () => (await user(wflo))?.reserved).toBe("0.00");
  expect(performance.now() - leftMs).toBeLessThan(7_000);
  expect(Number((await user(wflo))?.spent)).toBeGreaterThan(seen * 0.0000004);
}, 120_000);

test("gives every hold back when one of several requests made at once is refused", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo("0.0001");
  const prompts = [[new HumanMessage("a")], [new HumanMessage("b".repeat(5_000))], [new HumanMessage("c")]];
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] })];
  const asked = chatModel(simulator, { maxTokens: 100 }).generate(prompts, { callbacks } as never);
  expect(isBudgetExceeded(await settled(asked))).toBe(true);
  const refusedMs = performance.now();
  await expect.poll(async () => (await user(wflo))?.reserved).toBe("0.00");
  expect(performance.now() - refusedMs).toBeLessThan(3_500);
  expect(await user(wflo)).toMatchObject({ spent: "0.00" });
  expect(simulator.requests).toHaveLength(0);
});
