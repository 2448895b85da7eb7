import type OpenAI from "openai";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";

const MODEL = "gpt-4.1-mini";

/** One question of an agent. */
export interface Question {
  /** Who the model is to be. */
  readonly role: string;
  readonly prompt: string;
  /** The longest answer: what it can cost is held before the question is sent. */
  readonly maxTokens: number;
}

/** The JSON that is wanted: a name, and the JSON schema of each property. */
export interface Shape {
  readonly name: string;
  readonly properties: Readonly<Record<string, object>>;
}

/** How agents talk to the model. */
export interface Ask {
  text(question: Question): Promise<string>;
  json<T>(question: Question & { readonly shape: Shape }): Promise<T>;
}

/** Questions to a model through a client of OpenAI. */
export function askOn(openai: OpenAI): Ask {
  const text = async (
    { role, prompt, maxTokens }: Question,
    more: Pick<ChatCompletionCreateParamsNonStreaming, "response_format"> = {},
  ) => {
    const { choices } = await openai.chat.completions.create({
      model: MODEL,
      max_completion_tokens: maxTokens,
      messages: [
        { role: "system", content: role },
        { role: "user", content: prompt },
      ],
      ...more,
    });
    return choices[0]?.message.content ?? "";
  };
  return {
    text: (question) => text(question),
    async json<T>({ shape, ...question }: Question & { readonly shape: Shape }) {
      const { name, properties } = shape;
      const schema = {
        type: "object",
        properties,
        required: Object.keys(properties),
        additionalProperties: false,
      };
      const format = { type: "json_schema" as const, json_schema: { name, schema, strict: true } };
      return JSON.parse(await text(question, { response_format: format })) as T;
    },
  };
}
