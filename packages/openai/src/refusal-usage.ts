import { outcomeOfStatus, type Outcome } from "@wflo/core";
import type { NativeCall } from "./attempt.ts";
import { webStream } from "./same-response.ts";
import { readAnswer } from "./told-twice.ts";

/** Longer bodies are read by the SDK alone. Bytes. */
const MAX_BODY = 65_536;
/** A body that takes longer is not waited for. */
const READ_MS = 1_000;

/** What an answer that is no success means for money: a provider that died after its work may tell in it what it used. */
export async function outcomeOfRefusal(
  response: Response,
  { outcomeOf, expected }: Pick<NativeCall, "outcomeOf" | "expected">,
): Promise<Outcome> {
  const outcome = outcomeOfStatus(response.status);
  if (outcomeOf === undefined) return outcome;
  const text = await textBeside(response);
  if (text === undefined) return outcome;
  const told = outcomeOf(readAnswer(text));
  return told.kind === "answered" && told.usage !== undefined && told !== expected ? told : outcome;
}

/** The text of a small JSON body, which stays to be read; undefined for any other, and for one that does not come. */
async function textBeside(response: Response): Promise<string | undefined> {
  const { headers, body } = response;
  const isJson = headers.get("content-type")?.includes("json") === true;
  if (!isJson || body === null || Number(headers.get("content-length") ?? 0) > MAX_BODY) return undefined;
  try {
    const copy = response.clone().body;
    return copy === null ? undefined : await readSmall(webStream(copy));
  } catch {
    return undefined;
  }
}

async function readSmall(body: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let isWhole = true;
  const stop = () => {
    isWhole = false;
    // The promise is for both halves of the body, and the other belongs to the SDK.
    void reader.cancel().catch(() => {});
  };
  const timer = setTimeout(stop, READ_MS);
  try {
    let text = "";
    for (let bytes = 0; ;) {
      const { done, value } = await reader.read();
      if (done) return isWhole ? text + decoder.decode() : undefined;
      text += decoder.decode(value, { stream: true });
      bytes += value.byteLength;
      if (bytes > MAX_BODY) stop();
    }
  } finally {
    clearTimeout(timer);
  }
}
