import type { OpenAIProvider } from "@ai-sdk/openai";
import { openai } from "@ai-sdk/openai";
import type { EmbeddingModelV4, LanguageModelV4 } from "@ai-sdk/provider";
import { meter, wfloMiddleware } from "@wflo/ai-sdk";
import type { Wflo, Workflow } from "@wflo/core";
import {
  embed,
  generateText,
  jsonSchema,
  Output,
  tool,
  ToolLoopAgent,
  wrapLanguageModel,
  type LanguageModel,
} from "ai";
import { MockLanguageModelV3, MockLanguageModelV4 } from "ai/test";
import { expectTypeOf } from "vitest";

// A provider stays what it is, callable too.
expectTypeOf(meter(openai)).toEqualTypeOf<OpenAIProvider>();
expectTypeOf(meter(openai)("gpt-4.1")).toEqualTypeOf<LanguageModelV4>();
expectTypeOf(meter(openai).embedding("text-embedding-3-small")).toEqualTypeOf<EmbeddingModelV4>();

// A model keeps its class; older ones become ones of the current specification.
expectTypeOf(meter(new MockLanguageModelV4())).toEqualTypeOf<MockLanguageModelV4>();
expectTypeOf(meter(new MockLanguageModelV3())).toEqualTypeOf<LanguageModelV4>();
expectTypeOf(meter("openai/gpt-4.1")).toEqualTypeOf<LanguageModelV4>();
declare const any: LanguageModel;
expectTypeOf(meter(any)).toEqualTypeOf<LanguageModelV4>();

// The SDK takes them.
void generateText({
  model: meter(openai("gpt-4.1")),
  prompt: "",
  providerOptions: { wflo: { budgets: ["user/42"] } },
});
void embed({ model: meter(openai.embedding("text-embedding-3-small")), value: "" });
void wrapLanguageModel({ model: openai("gpt-4.1"), middleware: [wfloMiddleware({ budgets: ["user/42"] })] });

// An agent's workflow has the agent's input and result.
declare const wflo: Wflo;
const agent = new ToolLoopAgent({
  model: meter(openai("gpt-4.1")),
  tools: { look: tool({ inputSchema: jsonSchema<{ at: number }>({}), execute: async ({ at }) => at + 1 }) },
  output: Output.object({ schema: jsonSchema<{ city: string }>({}) }),
});
const workflow = wflo.workflow("agent", agent);
const result = await workflow.run({ prompt: "Where?" });
expectTypeOf(result.output).toEqualTypeOf<{ city: string }>();
expectTypeOf(result.text).toEqualTypeOf<string>();
void workflow.run({ messages: [{ role: "user", content: "Where?" }] });
// @ts-expect-error: an agent is run with a prompt or with messages.
void workflow.run({ question: "Where?" });
const named: Workflow<{ readonly prompt: string }, { readonly text: string }> = workflow;
void named;
