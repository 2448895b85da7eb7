import { BudgetExceededError, BudgetPausedError, type Wflo } from "@wflo/core";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  collect,
  lines,
  metered,
  newWflo,
  pause,
  reserved,
  RESPONSE,
  settled,
  simulate,
} from "./support/desk.ts";

const SLOW = { outputTokens: 400, tokensPerSecond: 400 };
const CAPPED = { ...CHAT, max_completion_tokens: 1_000, stream: true } as const;
const CAPPED_RESPONSE = { ...RESPONSE, max_output_tokens: 1_000, stream: true } as const;

/** Pauses the budget while something goes on. */
async function pausing<T>(wflo: Wflo, work: Promise<T>): Promise<T> {
  await expect.poll(() => reserved(wflo), { interval: 5 }).not.toBe("0.00");
  await pause(150);
  await wflo.budgets.pause("user");
  return work;
}

/** What a stream gave until it ended, and how. */
async function reading<Item>(items: AsyncIterable<Item>): Promise<{ read: Item[]; error: unknown }> {
  const read: Item[] = [];
  try {
    for await (const item of items) read.push(item);
    return { read, error: undefined };
  } catch (error) {
    return { read, error };
  }
}

describe("a stream whose budget is paused in its middle", () => {
  test("of chat throws the refusal after whole chunks, and leaves no hold", async () => {
    const { url, journal } = await simulate(SLOW);
    const wflo = await newWflo();
    const stream = await metered(url, wflo).chat.completions.create(CAPPED);
    const { read, error } = await pausing(wflo, reading(stream));
    expect(error).toBeInstanceOf(BudgetPausedError);
    expect(read.length).toBeGreaterThan(5);
    expect(read.length).toBeLessThan(300);
    const [line] = await lines(wflo, 1);
    expect(line).toMatchObject({ kind: "estimate", receipt: { reason: "cut by wflo: WFLO_BUDGET_PAUSED" } });
    const served = journal[0]?.served;
    expect(Number(line?.charged) * 1e6).toBeGreaterThanOrEqual(
      (served?.inputTokens ?? 0) * 0.1 + (served?.outputTokens ?? 0) * 0.4,
    );
    expect(Number(line?.charged)).toBeLessThanOrEqual(Number(line?.held));
    expect(await reserved(wflo)).toBe("0.00");
  });

  test("of responses throws the refusal", async () => {
    const { url } = await simulate(SLOW);
    const wflo = await newWflo();
    const stream = await metered(url, wflo).responses.create(CAPPED_RESPONSE);
    const { read, error } = await pausing(wflo, reading(stream));
    expect(error).toBeInstanceOf(BudgetPausedError);
    expect(read.at(-1)?.type).toBe("response.output_text.delta");
  });

  test("of a stream helper is found as the cause of the SDK's own error", async () => {
    const { url } = await simulate(SLOW);
    const wflo = await newWflo();
    const final = metered(url, wflo)
      .chat.completions.stream({ ...CHAT, max_completion_tokens: 1_000 })
      .finalChatCompletion();
    const error = (await pausing(wflo, settled(final))) as Error;
    expect([error, error.cause].some((one) => one instanceof BudgetPausedError)).toBe(true);
  });

  test("ends a chat as its output cap would, where truncation was asked for", async () => {
    const { url } = await simulate(SLOW);
    const wflo = await newWflo();
    const client = metered(url, wflo, {}, { onCut: "truncate" });
    const chunks = await pausing(wflo, client.chat.completions.create(CAPPED).then(collect));
    expect(chunks.at(-1)?.choices).toEqual([
      { index: 0, delta: {}, logprobs: null, finish_reason: "length" },
    ]);
    expect(chunks.length).toBeLessThan(300);
  });

  test("ends a chat helper with the text that had come", async () => {
    const { url } = await simulate(SLOW);
    const wflo = await newWflo();
    const { completions } = metered(url, wflo, {}, { onCut: "truncate" }).chat;
    const helper = completions.stream({ ...CHAT, max_completion_tokens: 1_000 });
    const [choice] = (await pausing(wflo, helper.finalChatCompletion())).choices;
    expect(choice?.finish_reason).toBe("length");
    expect(choice?.message.content).toMatch(/^( word)+$/);
  });

  test("ends a response as incomplete, with its output so far, raw and by the helper", async () => {
    const { url } = await simulate(SLOW);
    const wflo = await newWflo();
    const { responses } = metered(url, wflo, {}, { onCut: "truncate" });
    const raw = responses.create(CAPPED_RESPONSE).then(collect);
    const { stream: _, ...plainRequest } = CAPPED_RESPONSE;
    const helped = responses.stream(plainRequest).finalResponse();
    const [events, final] = await pausing(wflo, Promise.all([raw, helped]));
    const last = events.at(-1);
    expect(last).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    });
    expect(final.status).toBe("incomplete");
    expect(final.output_text).toMatch(/^( word)+$/);
    const deltas = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : ""));
    const text = JSON.stringify(last?.type === "response.incomplete" ? last.response.output : "");
    expect(text).toContain(`"text":"${deltas.join("")}"`);
  });

  test("does not touch the streams of other budgets, nor an answer in one piece", async () => {
    const { url } = await simulate({ ...SLOW, tokensPerSecond: 2_000 });
    const wflo = await newWflo();
    await wflo.budgets.set({ id: "other", caps: { total: "1.00" } });
    const other = metered(url, wflo, {}, { budgets: ["other"] })
      .chat.completions.create(CAPPED)
      .then(collect);
    const { stream: _, ...whole } = CAPPED;
    const piece = metered(url, wflo).chat.completions.create(whole);
    const [chunks, answer] = await pausing(wflo, Promise.all([other, piece]));
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(answer.choices[0]?.finish_reason).toBe("stop");
  });
});

test("a stream whose cap is lowered below its hold throws what is left and what was needed", async () => {
  const { url } = await simulate(SLOW);
  const wflo = await newWflo();
  const stream = await metered(url, wflo).chat.completions.create(CAPPED);
  const work = reading(stream);
  await pause(50);
  await wflo.budgets.set({ id: "user", caps: { total: "0.0001" } });
  const { error } = await work;
  expect(error).toBeInstanceOf(BudgetExceededError);
  expect(String(error)).toMatch(/^BudgetExceededError: Budget user has \$0\.0001 left of \$0\.0001; /);
});

test("a stream in small pieces of bytes reaches its reader in whole events, and as the same bytes", async () => {
  const { url } = await simulate({ text: "Grüße 🙂 und mehr", outputTokens: 12 });
  const wflo = await newWflo();
  /** Cuts everything that comes in into pieces of seven bytes. */
  const inPieces: typeof fetch = async (...request) => {
    const answer = await fetch(...request);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
      bytes.slice(at * 7, at * 7 + 7),
    );
    return new Response(ReadableStream.from(pieces) as ReadableStream<Uint8Array<ArrayBuffer>>, answer);
  };
  const request = { ...CAPPED, stream_options: { include_usage: true } };
  const plain = await fetch(`${url}/chat/completions`, { method: "POST", body: JSON.stringify(request) });
  const answer = await metered(url, wflo, { fetch: inPieces }).chat.completions.create(request).asResponse();
  const events: string[] = [];
  for await (const bytes of answer.body ?? []) events.push(new TextDecoder().decode(bytes));
  expect(events.every((event) => event.endsWith("\n\n"))).toBe(true);
  const unlike = (text: string) => text.replaceAll(/"(?:id|created)":[^,]+,/g, "");
  expect(unlike(events.join(""))).toBe(unlike(await plain.text()));
});
