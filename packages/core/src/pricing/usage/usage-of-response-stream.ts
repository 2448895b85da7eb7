/** Properties by which results of frameworks that stream can be told; reading their usage would begin to read the stream. */
const STREAM_PROPERTIES = ["textStream", "fullStream", "partialObjectStream", "eventStream"];

/** Whether a result is a stream, or has one whose usage comes at its end. Reads no property. */
export function isStreamResult(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Symbol.asyncIterator in value || "getReader" in value) return true;
  if (typeof Response === "function" && value instanceof Response) return true;
  return STREAM_PROPERTIES.some((name) => name in value);
}
