import { AsyncLocalStorage } from "node:async_hooks";
import type { CreateAdapter } from "../suites/adapter-case.ts";
import { rawAdapter } from "./raw-adapter.ts";
import { careful, type Enter, type EnterStream, type TextStream } from "./raw-seams.ts";

/** Answers are gone when their reader is, and so is the charge: the guard waits for an end that never comes. */
export const enterWithoutEnd: EnterStream = (setup, request, send) =>
  new Promise<TextStream>((resolve, reject) => {
    const guarded = setup.wflo.guardCall(request, async (grant) => {
      const answer = await send(grant);
      if (!("chunks" in answer)) return { ...answer, value: undefined };
      const { chunks, meter } = answer;
      const over = Promise.withResolvers<void>();
      const read = async function* () {
        for await (const event of chunks) yield* meter.read(event);
        over.resolve();
      };
      resolve(read());
      await over.promise;
      return { value: undefined, outcome: meter.outcome(true) };
    });
    guarded.catch(reject);
  });

/** Two wrappers that do not know of each other. */
export const enterTwice: Enter = async (setup, request, send) => {
  let value = "";
  for (let layer = 0; layer < setup.layers; layer += 1) {
    value = await setup.wflo.guardCall(request, async (grant) => {
      const answer = await send(grant);
      return answer;
    });
  }
  return value;
};

/** Streams are not guarded at all. */
export const streamUnguarded: EnterStream = async (_setup, _request, send) => {
  const { signal } = new AbortController();
  const answer = await send({ callId: "", maxOutputTokens: undefined, signal, charge: () => undefined });
  if (!("chunks" in answer)) return answer.value;
  const { chunks, meter } = answer;
  const read = async function* () {
    for await (const event of chunks) yield* meter.read(event);
  };
  return read();
};

/** Whoever aborts gets the money back, even when the answer was there long before. */
export const refundOnAbort: Enter = (setup, request, send) =>
  careful.enter(setup, request, (grant) => {
    const refund = () => void setup.wflo.calls.resolve(grant.callId, { cost: 0 });
    request.signal?.addEventListener("abort", refund, { once: true });
    return send(grant);
  });

/** Reads ahead by itself, and forgets what it has when there is an error. */
export const dropOnError: EnterStream = async (...call) => {
  const texts = await careful.enterStream(...call);
  const hurry = async (controller: ReadableStreamDefaultController<string>) => {
    try {
      for await (const text of texts) controller.enqueue(text);
      controller.close();
    } catch (error) {
      controller.error(error);
    }
  };
  return new ReadableStream({ start: (controller) => void hurry(controller) });
};

const LOT = 100;

/** Hands on the first piece, and then full lots only. */
export const inLots: EnterStream = async (...call) => {
  const texts = await careful.enterStream(...call);
  const read = async function* () {
    let lot: string[] = [];
    let isFirst = true;
    for await (const text of texts) {
      lot.push(text);
      if (lot.length < LOT && !isFirst) continue;
      isFirst = false;
      yield lot.join("");
      lot = [];
    }
  };
  return read();
};

/** Calls are made where the adapter was made, not where it is used. */
export const forgetful: CreateAdapter = async (url, setup) => {
  const inPlace = AsyncLocalStorage.snapshot();
  const adapter = await rawAdapter()(url, setup);
  return {
    text: (...call) => inPlace(() => adapter.text(...call)),
    stream: async (...call) =>
      inPlace(() => adapter.stream?.(...call) ?? Promise.reject(new Error("no stream"))),
  };
};
