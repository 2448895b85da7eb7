/** A request as `fetch` gets it, told apart into what can be read of it. */
export interface OpenedRequest {
  readonly url: string;
  /** What stands beside the input, with the body of a `Request` whose body is JSON. */
  readonly init: RequestInit;
  readonly signal: AbortSignal | null | undefined;
}

/** Reads what `fetch` was called with. A `Request` keeps its method, its headers, and a body of another kind than JSON. */
export async function openedRequest(
  input: string | URL | Request,
  given: RequestInit,
): Promise<OpenedRequest> {
  if (!(input instanceof Request)) return { url: String(input), init: { ...given }, signal: given.signal };
  const isJson = new Headers(given.headers ?? input.headers).get("content-type")?.includes("json") === true;
  const isItsOwn = given.body == null && input.body !== null;
  const body = isItsOwn && isJson ? { body: await input.clone().text() } : {};
  return { url: input.url, init: { ...given, ...body }, signal: given.signal ?? input.signal };
}
