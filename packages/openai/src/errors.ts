import { InvalidOptionError, WfloError } from "@wflo/core";

/** A paid endpoint whose calls this version cannot price. Nothing was sent. */
export class UnpricedEndpointError extends WfloError {
  constructor(path: string) {
    super(
      "WFLO_UNPRICED_ENDPOINT",
      `Calls to ${path} are paid, but @wflo/openai cannot price them yet. Make this call with the client you passed to wfloOpenAI.`,
    );
  }
}

/** The request has a body that is not JSON. Nothing was sent. */
export function unreadableBody(path: string): InvalidOptionError {
  return new InvalidOptionError(
    `The body of the request to ${path} is no JSON object, so its cost cannot be bounded.`,
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
