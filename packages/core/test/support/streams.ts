import type { LedgerLine, Outcome, StreamAnswer, StreamMeter, Wflo } from "@wflo/core";
import { vi } from "vitest";

/** Counts each chunk as a piece of text; "usage" is the bill: 10 tokens in, `outputTokens` out. */
export function countingMeter(outputTokens = 10): StreamMeter<string> {
  const output = { bytes: 0, pieces: 0 };
  let bill: Outcome | undefined;
  return {
    read(chunk) {
      if (chunk === "usage") {
        bill = { kind: "answered", usage: { inputTokens: 10, outputTokens } };
        return [];
      }
      output.bytes += chunk.length;
      output.pieces += 1;
      return [chunk];
    },
    flush: () => [],
    output: () => ({ ...output }),
    outcome(complete) {
      if (bill) return bill;
      return complete ? { kind: "answered", usage: undefined } : { kind: "cut", reason: "broke off" };
    },
  };
}

/** A streamed answer whose caller gets its chunks. */
export function streamed(
  chunks: ReadableStream<string>,
  meter: StreamMeter<string> = countingMeter(),
): StreamAnswer<string, ReadableStream<string>> {
  return { chunks, meter, value: (metered) => metered };
}

/** Gives these chunks, then its end. */
export function chunksOf(...chunks: string[]): ReadableStream<string> {
  return ReadableStream.from(chunks);
}

/** Gives these chunks as they are asked for, then breaks off. */
export function brokenAfter(chunks: readonly string[]): ReadableStream<string> {
  const left = [...chunks];
  return new ReadableStream<string>({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.error(new Error("reset"));
      else controller.enqueue(next);
    },
  });
}

/** Reads a stream to its end; an error is told beside what came before it. */
export async function readAll(
  stream: ReadableStream<string>,
): Promise<{ readonly pieces: readonly string[]; readonly error: unknown }> {
  const pieces: string[] = [];
  try {
    for await (const piece of stream) pieces.push(piece);
    return { pieces, error: undefined };
  } catch (error) {
    return { pieces, error };
  }
}

/** The only call in the books, once it is there. */
export async function onlyCall(wflo: Wflo): Promise<LedgerLine> {
  return vi.waitFor(async () => {
    const [line, ...more] = await wflo.calls.list();
    if (line === undefined || more.length > 0)
      throw new Error(`There are ${more.length} calls more than one.`);
    return line;
  }, 30_000);
}
