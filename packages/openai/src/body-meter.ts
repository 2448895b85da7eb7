import type { Outcome, StreamMeter } from "@wflo/core";
import { readAnswer } from "./told-twice.ts";
import type { Answered } from "./usage.ts";

/** An answer longer than this is passed on unread. Characters. */
const MAX_ANSWER = 64 * 1024 * 1024;

/** Reads what an answer in one piece means for money, while it reaches the caller as it comes in. */
export function bodyMeter(outcomeOf: (answer: unknown) => Outcome): StreamMeter<Uint8Array> {
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
      const answer = readAnswer(pieces.join(""));
      // A page of something in between, perhaps; nobody knows what became of the request.
      if (answer === undefined) return { kind: "doubt", reason: "the answer is no JSON" };
      return outcomeOf(answer);
    },
  };
}

/** Lets an answer pass that has nothing to tell, such as audio: what it costs was known before. */
export function silentMeter(expected: Answered): StreamMeter<Uint8Array> {
  return {
    read: (chunk) => [chunk],
    flush: () => [],
    outcome: (complete) => (complete ? expected : { kind: "doubt", reason: "the answer broke off" }),
  };
}
