import type { StreamMeter } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** An answer longer than this is passed on unread. Characters. */
const MAX_ANSWER = 64 * 1024 * 1024;

/** Reads the usage out of an answer in one piece, which reaches the caller as it comes in. */
export function bodyMeter(api: PricedApi): StreamMeter<Uint8Array> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  const add = (piece: string) => {
    length += piece.length;
    if (length > MAX_ANSWER) pieces = [];
    else pieces.push(piece);
  };
  return {
    read(chunk) {
      add(decoder.decode(chunk, { stream: true }));
      return [chunk];
    },
    flush() {
      add(decoder.decode());
      return [];
    },
    outcome(complete) {
      if (!complete) return { kind: "doubt", reason: "the answer broke off" };
      const answer = parse(pieces.join(""));
      // A page of something in between, perhaps; nobody knows what became of the request.
      if (answer === undefined) return { kind: "doubt", reason: "the answer is no JSON" };
      return outcomeOfAnswer(api, answer);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
