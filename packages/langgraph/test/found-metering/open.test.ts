import { createWflo, isBudgetExceeded, memoryDatabase, type Database, type Wflo } from "@wflo/core";
import {
  graphWorkflow,
  meterChatModel,
  wfloAgentMiddleware,
  wfloCallbacks,
  WfloSaver,
} from "@wflo/langgraph";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent, summarizationMiddleware, type AgentMiddleware } from "langchain";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, lines, newWflo, pause, settled, simulate, user } from "../metering-desk.ts";

/** What the attack found and did not mend: each fails as long as its fault is there. */
const ANSWER = { inputTokens: 300, outputTokens: 100 };
const PROMPT = [new HumanMessage("Say something nice.")];
const Turns = Annotation.Root({
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

function clientOf(database: Database): Wflo {
  const wflo = createWflo({ database, logger: false, waitMs: 200, settle: "background" });
  onTestFinished(() => wflo.close().catch(() => {}));
  return wflo;
}

test.fails("keeps the conversation of an agent whose summary was refused", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const model = chatModel(simulator, { maxTokens: 200 });
  const agent = createAgent({
    model,
    tools: [],
    checkpointer: new WfloSaver({ database }),
    middleware: [
      wfloAgentMiddleware(),
      summarizationMiddleware({
        model: meterChatModel(model),
        trigger: { messages: 3 },
        keep: { messages: 1 },
      } as never) as AgentMiddleware,
    ],
  });
  const workflow = wflo.workflow("summed", agent, { budget: "0.00001" });
  const messages = Array.from({ length: 6 }, (_, i) => new HumanMessage(`fact ${i}`));
  const refusal = (await settled(workflow.run({ messages }))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const { values } = await agent.graph.getState({ configurable: { thread_id: refusal.runId } });
  expect((values as { messages: unknown[] }).messages).toHaveLength(6);
});

test.fails("does its own work when another run has gone on with its thread meanwhile", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
  const graph = new StateGraph(Turns)
    .addNode("reply", async ({ said }) => {
      await model.invoke("x");
      return { said: [`reply to ${said.at(-1)}`] };
    })
    .addEdge(START, "reply")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const chat = (name: string, budget: string) => {
    const options = { threadId: () => "t", input: ({ say }: { say: string }) => ({ said: [say] }) };
    return wflo.workflow(name, graphWorkflow<{ say: string }, { said: string[] }>(graph, options), {
      budget,
    });
  };
  const poor = chat("poor", "0.00000001");
  const refusal = (await settled(poor.run({ say: "one" }))) as { runId: string };
  await chat("rich", "1.00").run({ say: "two" });
  const outcome = await settled(poor.resume(refusal.runId, { topUp: { to: "1.00" } }));
  // Either it replies, or it says that it cannot.
  expect(outcome instanceof Error || (outcome as { said: string[] }).said.includes("reply to one")).toBe(
    true,
  );
});

test.fails("keeps out of its thread what a process still writes whose run another has taken over", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const agentIn = (wflo: Wflo, delayMs: number) => {
    const slow = { name: "slow", beforeModel: () => pause(delayMs) } as unknown as AgentMiddleware;
    const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
    const checkpointer = new WfloSaver({ database });
    const agent = createAgent({ model, tools: [], checkpointer, middleware: [wfloAgentMiddleware(), slow] });
    return { agent, workflow: wflo.workflow("agent", agent, { budget: "1.00" }) };
  };
  const [old, young] = [agentIn(clientOf(database), 1_000), agentIn(clientOf(database), 0)];
  const left = settled(old.workflow.run({ messages: PROMPT }));
  await pause(300);
  const [run] = await clientOf(database).runs.list();
  const id = run?.id ?? "";
  await young.workflow.resume(id, { takeOver: true });
  expect(await left).toMatchObject({ code: "WFLO_RUN_SUPERSEDED" });
  const { values } = await young.agent.graph.getState({ configurable: { thread_id: id } });
  expect((values as { messages: unknown[] }).messages).toHaveLength(2);
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

test.fails("charges a request once that a metered model makes by another", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const options = { wflo, budgets: ["user"] };
  const chosen = meterChatModel(chatModel(simulator, { maxTokens: 100 }), options);
  await meterChatModel(new Router(chosen), options).invoke(PROMPT);
  await lines(wflo, 2);
  expect((await user(wflo))?.spent).toBe("0.00007");
});

test.fails("charges a request once that a model nobody wrapped makes by another", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const chosen = chatModel(simulator, { maxTokens: 100 });
  await wflo.run({ name: "routed", budgets: ["user"] }, () => new Router(chosen).invoke(PROMPT));
  await lines(wflo, 2);
  expect((await user(wflo))?.spent).toBe("0.00007");
});

/** A model with fields of its own. */
class Counting extends BaseChatModel {
  #count = 0;

  _llmType() {
    return "counting";
  }

  override getLsParams() {
    return {
      ls_provider: "openai",
      ls_model_name: "gpt-4.1-nano",
      ls_model_type: "chat" as const,
      ls_max_tokens: 9,
    };
  }

  async _generate(): Promise<ChatResult> {
    this.#count += 1;
    const counts = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const message = new AIMessage({ content: String(this.#count), usage_metadata: counts } as never);
    return { generations: [{ message, text: message.text }] };
  }
}

test.fails("meters models with private fields", async () => {
  const wflo = await newWflo();
  const model = meterChatModel(new Counting({ maxRetries: 0 }), { wflo, budgets: ["user"] });
  expect((await model.invoke(PROMPT)).text).toBe("1");
});

/** A listener of somebody else's that forbids a call. */
class Forbidding extends BaseCallbackHandler {
  readonly name = "forbidding";

  constructor() {
    super({ raiseError: true });
  }

  override handleChatModelStart(): void {
    throw new Error("not now");
  }
}

test.fails("holds nothing for a call that another listener has forbidden", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const callbacks = [wfloCallbacks({ wflo, budgets: ["user"] }), new Forbidding()];
  await settled(chatModel(simulator, { maxTokens: 100 }).invoke(PROMPT, { callbacks }));
  await pause(500);
  expect((await user(wflo))?.reserved).toBe("0.00");
});

test.fails("keeps an input that it cannot save from being lost without a word", async () => {
  const wflo = clientOf(memoryDatabase());
  const State = Annotation.Root({ work: Annotation<unknown>, kind: Annotation<string> });
  const graph = new StateGraph(State)
    .addNode("look", ({ work }) => ({ kind: typeof work }))
    .addEdge(START, "look")
    .compile({ checkpointer: new WfloSaver({ database: memoryDatabase() }) });
  const outcome = await settled(wflo.workflow("looked", graph).run({ work: () => 1 }));
  expect(outcome).toMatchObject({ code: "WFLO_UNSAVABLE_VALUE" });
});
