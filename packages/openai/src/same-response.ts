/** The body as a web stream: a custom `fetch` may answer with a stream of Node's, which the SDK takes too. */
export function webStream(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return typeof body.getReader === "function" ? body : ReadableStream.from(body as AsyncIterable<Uint8Array>);
}

/** The provider's answer with another body. */
export function sameResponse(response: Response, body: ReadableStream<Uint8Array> | string): Response {
  const { status, headers } = response;
  const same = new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers });
  // A Response made by hand knows nothing of where it came from, and takes no words that are not Latin-1.
  for (const name of ["url", "statusText", "redirected", "type"] as const)
    Object.defineProperty(same, name, { value: response[name] });
  return same;
}
