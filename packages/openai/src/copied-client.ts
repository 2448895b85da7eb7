import type { OpenAI } from "openai";
import { noClient } from "./errors.ts";

/** What engines say of a private field that a Proxy does not have. */
const NOT_ITS_OWN = /private/i;

/** A copy of a client, as the SDK itself copies it. Throws `InvalidOptionError` for what cannot be copied, as what a tracer made of one. */
export function copiedClient<Client extends OpenAI>(client: Client): Client {
  const { withOptions, constructor } = (client ?? {}) as Partial<OpenAI>;
  if (typeof withOptions !== "function" || typeof constructor?.prototype !== "object") throw noClient();
  try {
    return client.withOptions({});
  } catch (error) {
    if (error instanceof TypeError && NOT_ITS_OWN.test(error.message)) throw noClient();
    throw error;
  }
}
