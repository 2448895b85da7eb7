import { InvalidOptionError, WfloError } from "@wflo/core";

/** A paid endpoint whose calls cannot be counted. Nothing was sent. */
export class UnpricedEndpointError extends WfloError {
  readonly isRetryable = false;

  /** `path` without the base URL, which may have a key in it, and without what stands behind; `why` says what is the matter with it. */
  constructor(path: string, why: string) {
    super(
      "WFLO_UNPRICED_ENDPOINT",
      `Calls to ${path} are paid, but wflo cannot count them: ${why}. Pass hold to wfloOpenAI, the most that one of them may cost ` +
        '(hold: "0.50"): each is then held and charged at it. Or let them pass uncounted with strict: false. Or make this call with ' +
        "the client you passed to wfloOpenAI.",
    );
  }
}

/** A WebSocket was to be opened with a metered client. What it costs passes by every budget. Nothing was opened. */
export class UnmeteredSocketError extends WfloError {
  readonly isRetryable = false;

  constructor() {
    super(
      "WFLO_UNMETERED_SOCKET",
      "A WebSocket (realtime, live, responses) passes wflo by: nothing on it is held or counted. Open it with the client you passed to " +
        "wfloOpenAI, or pass strict: false to wfloOpenAI to let it pass uncounted.",
    );
  }
}

/** The client sends on a transport that no request can be counted on. Nothing was sent. */
export class UnmeteredTransportError extends WfloError {
  readonly isRetryable = false;

  constructor() {
    super(
      "WFLO_UNMETERED_TRANSPORT",
      "A client with an X.509 workload identity sends on a transport of its own, where wflo can neither hold nor count a request. Pass " +
        "wfloOpenAI a client with an API key or another kind of workload identity, or pass strict: false to let its requests pass uncounted.",
    );
  }
}

/** What was passed as a client cannot be copied as the SDK copies its clients: a tracer's Proxy, or its imitation of a client. */
export function noClient(): InvalidOptionError {
  return new InvalidOptionError(
    "wfloOpenAI takes a client of the openai SDK, as wfloOpenAI(new OpenAI()), and nothing that only looks like one, such as what a " +
      "tracer makes of it. Pass the client itself to wfloOpenAI, and the metered client to the tracer.",
  );
}

/** The request has a body whose cost cannot be bounded. Nothing was sent. */
export function unreadableBody(path: string): InvalidOptionError {
  return new InvalidOptionError(
    `The body of the request to ${path} is neither a JSON object nor a form, so its cost cannot be bounded.`,
  );
}

/** A refusal as an answer that the SDK does not retry, for requests that reach `fetch` without having been prepared. */
export function refusalResponse(error: WfloError): Response {
  const body = { error: { message: error.message, type: "wflo", code: error.code, param: null } };
  return new Response(JSON.stringify(body), {
    status: 402,
    headers: { "content-type": "application/json", "x-should-retry": "false" },
  });
}
