import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";
import { STORM_PROMPT, type StormAdapter } from "./storm-client.ts";
import { STREAM_HEADER } from "./storm-plan.ts";

/** Streams of the openai client, whose wrapper hears of a `break`. */
export const stormOpenAI: StormAdapter = {
  hearsBreak: true,
  connect({ baseURL, fetch, options }) {
    const client = wfloOpenAI(new OpenAI({ baseURL, apiKey: "none", maxRetries: 2, fetch }), options);
    return ({ api, model, number }, signal) => {
      const request = { signal, headers: { [STREAM_HEADER]: String(number) } };
      return api === "chat"
        ? client.chat.completions.create(
            { model, messages: [{ role: "user", content: STORM_PROMPT }], stream: true },
            request,
          )
        : client.responses.create({ model, input: STORM_PROMPT, stream: true }, request);
    };
  },
};
