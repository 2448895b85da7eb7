type Fields = Record<string, unknown>;
type Parse = (...asked: unknown[]) => PromiseLike<unknown> & { asResponse?: () => Promise<Response> };

/**
 * A model that sends through a client of OpenAI's SDK, as it is for one request whose answer the SDK parses: an answer that came and could
 * not be parsed, such as one that was cut by its length, is told to `note` before that is thrown. Of other models it is the same object.
 */
export function tellingUnparsed(model: object, request: unknown, note: (body: unknown) => void): object {
  const { response_format: format, stream } = (request ?? {}) as Fields;
  if ((format as Fields | undefined)?.["type"] !== "json_schema" || stream === true) return model;
  return Object.create(model, {
    client: {
      get: () => tellingClient(Reflect.get(model, "client"), note),
      // It is made with the first request.
      set(client: unknown) {
        Reflect.set(model, "client", client);
      },
    },
  }) as object;
}

function tellingClient(client: unknown, note: (body: unknown) => void): unknown {
  const { chat } = (client ?? {}) as { readonly chat?: { readonly completions?: { parse?: Parse } } };
  const completions = chat?.completions;
  const parse = completions?.parse;
  if (completions === undefined || typeof parse !== "function") return client;
  const telling = (...asked: unknown[]) => told(Reflect.apply(parse, completions, asked), note);
  const own = Object.create(completions, { parse: { value: telling } }) as object;
  return { chat: { completions: own } };
}

async function told(parsing: ReturnType<Parse>, note: (body: unknown) => void): Promise<unknown> {
  // Its body can be read once.
  const response = (await parsing.asResponse?.())?.clone();
  try {
    return await parsing;
  } catch (error) {
    const body: unknown = await response?.json().catch(() => undefined);
    if (body !== undefined) note(body);
    throw error;
  }
}
