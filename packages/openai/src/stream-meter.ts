import type { Outcome, StreamMeter } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** An event longer than this is passed on unread. Characters. */
const MAX_EVENT = 16 * 1024 * 1024;

interface StreamMeterOptions {
  readonly api: PricedApi;
  /** Keep the usage chunk from the caller, who did not ask for it. */
  readonly hideUsage: boolean;
}

/** Reads the usage out of a stream of server-sent events on its way to the caller. */
export function streamMeter({ api, hideUsage }: StreamMeterOptions): StreamMeter<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let pending = "";
  let answer: Outcome | undefined;
  let failed: string | undefined;
  let hasContent = false;

  /** Takes one event; returns whether the caller gets it. */
  const take = (event: string): boolean => {
    const data = dataOf(event);
    if (data === "" || data === "[DONE]") return true;
    const mayHaveUsage = /"usage"\s*:\s*\{|"error"|"response\.failed"/.test(data);
    if (!mayHaveUsage) {
      hasContent ||= api === "chat" || data.includes('.delta"');
      return true;
    }
    const body = parse(data);
    const read = api === "responses" ? body?.response : body;
    if (read?.usage != null) answer = outcomeOfAnswer(api, read);
    if (body?.error != null || body?.type === "error" || body?.type === "response.failed") failed = "an error event";
    else hasContent ||= api === "chat" ? (body?.choices?.length ?? 0) > 0 : data.includes('.delta"');
    return !(hideUsage && body?.usage != null && body.choices?.length === 0);
  };

  const readEvents = (text: string): string => {
    pending += text;
    let passed = "";
    for (;;) {
      const end = /\r?\n\r?\n/.exec(pending);
      if (end === null) break;
      const event = pending.slice(0, end.index + end[0].length);
      pending = pending.slice(event.length);
      if (take(event)) passed += event;
    }
    if (pending.length > MAX_EVENT) {
      passed += pending;
      pending = "";
    }
    return passed;
  };

  return {
    read(chunk) {
      const passed = readEvents(decoder.decode(chunk, { stream: true }));
      if (!hideUsage) return [chunk];
      return passed === "" ? [] : [encoder.encode(passed)];
    },
    flush() {
      const rest = readEvents(decoder.decode()) + pending;
      if (pending !== "") take(pending);
      return hideUsage && rest !== "" ? [encoder.encode(rest)] : [];
    },
    outcome(complete) {
      if (answer) return answer;
      if (failed !== undefined && !hasContent) return { kind: "rejected", reason: failed };
      if (failed !== undefined || !complete) return { kind: "cut", reason: failed ?? "the stream broke off" };
      return { kind: "answered", usage: undefined };
    },
  };
}

function dataOf(event: string): string {
  let data = "";
  for (const line of event.split(/\r?\n/)) if (line.startsWith("data:")) data += line.slice(5).trimStart();
  return data;
}

interface StreamEvent {
  readonly type?: string;
  readonly error?: unknown;
  readonly usage?: unknown;
  readonly choices?: readonly unknown[];
  readonly response?: { readonly usage?: unknown };
}

function parse(data: string): StreamEvent | undefined {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    return undefined;
  }
}
