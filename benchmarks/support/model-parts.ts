/** The parts of `streamText` from where its model was asked: what it says before is no answer, and an error in it is thrown. */
export async function* modelParts(
  parts: AsyncIterable<{ readonly type: string; readonly error?: unknown }>,
): AsyncGenerator<unknown> {
  for await (const part of parts) {
    if (part.type === "error") throw part.error;
    if (part.type !== "start" && part.type !== "start-step") yield part;
  }
}
