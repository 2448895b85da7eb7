import { usd, type LedgerLine } from "@wflo/core";
import { expect } from "vitest";
import type { AdapterDesk, PricedModel } from "./adapter-desk.ts";

/** Everything a stream gives, joined. */
export async function readAll(stream: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

/** Reads the first piece and breaks off. */
export async function readOne(stream: AsyncIterable<string>): Promise<void> {
  for await (const piece of stream) if (piece !== "") break;
}

/** Reads a stream by hand, so that something can happen in between. */
export class HandReader {
  readonly iterator: AsyncIterator<string>;
  text = "";

  constructor(stream: AsyncIterable<string>) {
    this.iterator = stream[Symbol.asyncIterator]();
  }

  /** Reads until there is some text. */
  async first(): Promise<void> {
    while (this.text === "") {
      const { done, value } = await this.iterator.next();
      if (done) return;
      this.text += value;
    }
  }

  /** Reads on to the end; returns the error that it came to, if it did. */
  async rest(): Promise<unknown> {
    try {
      for (;;) {
        const { done, value } = await this.iterator.next();
        if (done) return undefined;
        this.text += value;
      }
    } catch (error) {
      return error;
    }
  }
}

/** What a promise rejects with; throws when it resolves. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: unknown) => error,
  );
}

/** The codes of an error and of those that it wraps. */
export function codesIn(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 10; depth += 1) {
    const { code, cause, lastError } = at as { code?: unknown; cause?: unknown; lastError?: unknown };
    codes.push(code);
    at = cause ?? lastError;
  }
  return codes;
}

/** A call that broke off is charged as an estimate: no less than the provider made of it, and nothing stays held. */
export async function expectEstimate(desk: AdapterDesk, model?: PricedModel): Promise<LedgerLine> {
  const [line] = await desk.lines(1);
  await desk.quiet();
  expect(line?.kind).toBe("estimate");
  expect(usd(line?.charged ?? 0).nanoUsd).toBeGreaterThanOrEqual(usd(desk.billed(model)).nanoUsd);
  expect(await desk.window()).toMatchObject({ spent: line?.charged, reserved: "0.00" });
  if (!line) throw new Error("the call left no line in the ledger");
  return line;
}
