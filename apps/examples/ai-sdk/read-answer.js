/**
 * Reads the UI message stream of the AI SDK into a message, as `useChat` would; calls `changed` each time that something of it is there.
 * Throws what the stream says went wrong.
 */
export async function readAnswer(response, changed) {
  if (!response.ok) throw new Error(await response.text());
  const message = { id: "", role: "assistant", parts: [] };
  let failure;
  for await (const chunk of chunksOf(response.body)) {
    if (chunk.type === "error") failure = new Error(chunk.errorText);
    else add(message, chunk);
    if (message.parts.length > 0) changed(message);
  }
  if (failure !== undefined) throw failure;
}

function add(message, chunk) {
  const partOf = (key, id) => message.parts.findLast((part) => part[key] === id);
  switch (chunk.type) {
    case "start":
      message.id = chunk.messageId;
      break;
    case "text-start":
      message.parts.push({ type: "text", textId: chunk.id, text: "" });
      break;
    case "text-delta":
      partOf("textId", chunk.id).text += chunk.delta;
      break;
    case "tool-input-available":
      message.parts.push({
        type: `tool-${chunk.toolName}`,
        toolCallId: chunk.toolCallId,
        input: chunk.input,
      });
      break;
    case "tool-output-available":
      partOf("toolCallId", chunk.toolCallId).output = chunk.output;
      break;
  }
  if (chunk.messageMetadata) message.metadata = { ...message.metadata, ...chunk.messageMetadata };
}

/** Server-sent events: blocks with an empty line after each, whose data is JSON, but for the last. */
async function* chunksOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("data: ") && block !== "data: [DONE]") yield JSON.parse(block.slice(6));
    }
  }
}
