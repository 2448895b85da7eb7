import type { ChatOpenAI } from "@langchain/openai";
import type { Ask, Question, Shape } from "../core/ask.ts";

/** Questions to a chat model of LangChain. */
export function askModel(model: ChatOpenAI): Ask {
  const messages = ({ role, prompt }: Question) => [
    { role: "system", content: role },
    { role: "user", content: prompt },
  ];
  return {
    text: async (question) => (await model.invoke(messages(question))).text,
    async json<T>({ shape, ...question }: Question & { readonly shape: Shape }) {
      const { name, properties } = shape;
      const required = Object.keys(properties);
      const schema = { type: "object", title: name, properties, required, additionalProperties: false };
      const structured = model.withStructuredOutput<Record<string, unknown>>(schema, { name, strict: true });
      return (await structured.invoke(messages(question))) as T;
    },
  };
}
