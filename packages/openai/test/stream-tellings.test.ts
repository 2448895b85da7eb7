import { BudgetPausedError } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { EventSplitter } from "../src/event-splitter.ts";
import { textIn } from "../src/streamed-text.ts";
import { ToldByEvents } from "../src/told-by-events.ts";
import {
  CHAT,
  collect,
  lines,
  metered,
  MODEL,
  newWflo,
  pause,
  plain,
  serve,
  settled,
} from "./support/desk.ts";

const chunk = (fields: object) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: MODEL, ...fields })}\n\n`;
const delta = (delta: object, finish_reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta, finish_reason }] });
const word = delta({ content: "word " });
const role = delta({ role: "assistant", content: "" });
const finish = delta({}, "stop");
const usage = (prompt_tokens: number, completion_tokens: number) =>
  chunk({ choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: 0 } });
const DONE = "data: [DONE]\n\n";

/** What a chat stream of these bytes is charged, and what its reader gets. */
async function charged(...pieces: readonly (string | Uint8Array)[]) {
  const url = await serve((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    const write = async () => {
      for (const piece of pieces) {
        response.write(piece);
        if (pieces.length > 1) await pause(20);
      }
      response.end();
    };
    void write();
  });
  const wflo = await newWflo();
  const { completions } = metered(url, wflo).chat;
  const read = await settled(completions.create({ ...CHAT, stream: true }).then(collect));
  const [line] = await lines(wflo, 1);
  return { line, read, url, wflo };
}

describe("usage", () => {
  test("that was told before the answer is no bill of it: it is charged by what came, or at its hold", async () => {
    const broken = await charged(usage(10, 0) + word.repeat(200));
    expect(broken.line?.kind).toBe("estimate");
    const whole = await charged(usage(10, 0) + word.repeat(200) + finish + DONE);
    expect(whole.line).toMatchObject({ kind: "unmeasured", charged: whole.line?.held });
  });

  test("in each chunk is no bill when the stream ends politely in the middle", async () => {
    const one = chunk({
      choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }],
      usage: { prompt_tokens: 10, completion_tokens: 1 },
    });
    expect((await charged(one)).line?.kind).toBe("estimate");
    expect((await charged(one + finish)).line).toMatchObject({ kind: "settle", charged: "0.0000014" });
  });

  test("is priced at the tier and the model that earlier chunks told, where its own tells neither", async () => {
    const told = (names: object) =>
      chunk({ ...names, choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }] });
    const untold = usage(100, 20).replace(`,"model":"${MODEL}"`, "");
    // Twice the list price.
    const tier = await charged(told({ service_tier: "priority" }) + untold + DONE);
    expect(tier.line).toMatchObject({ kind: "settle", charged: "0.000036" });
    // 100 x $2 and 20 x $8 a million.
    const model = await charged(told({ model: "gpt-4.1-2025-04-14" }) + untold + DONE);
    expect(model.line).toMatchObject({ kind: "settle", charged: "0.00036" });
  });

  test("is the bill whatever a proxy writes after [DONE], which nobody reads", async () => {
    const { line, read } = await charged(word + finish + usage(100, 20) + DONE + word + "data: <p>\n\n");
    expect(read).toHaveLength(2);
    expect(line).toMatchObject({ kind: "settle", charged: "0.000018" });
  });

  test("that went missing at a polite end is no answer without usage: it keeps no further call away", async () => {
    const { line, url, wflo } = await charged(word + finish);
    expect(line?.kind).toBe("estimate");
    const { completions } = metered(url, wflo).chat;
    await settled(completions.create({ ...CHAT, stream: true }).then(collect));
    expect(await lines(wflo, 2)).toHaveLength(2);
  });

  test.each([
    [
      "in a choice, as Moonshot tells it",
      {
        choices: [
          { index: 0, delta: {}, finish_reason: "stop", usage: { prompt_tokens: 10, completion_tokens: 1 } },
        ],
      },
    ],
    [
      "apart, as Groq tells it",
      {
        choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
        x_groq: { usage: { prompt_tokens: 10, completion_tokens: 1 } },
      },
    ],
  ])("%s is the bill", async (_, last) => {
    const { line } = await charged(word + chunk(last) + DONE);
    expect(line).toMatchObject({ kind: "settle", charged: "0.0000014" });
  });

  test("told twice counts where there is more output, which is dearer than input", () => {
    const told = new ToldByEvents("chat");
    const dataOf = (event: string) => event.slice(6).trim();
    told.note(dataOf(usage(100, 50)));
    told.note(dataOf(usage(140, 20)));
    expect(told.outcome(true)).toMatchObject({ usage: { inputTokens: 100, outputTokens: 50 } });
  });
});

describe("an error before there is content is free", () => {
  const error = 'data: {"error":{"message":"overloaded"}}\n\n';
  test.each([
    ["after the role alone", role + error],
    ["named as one", 'event: error\ndata: {"message":"overloaded"}\n\n'],
    ["in words", "event: error\ndata: overloaded\n\n"],
  ])("%s", async (_, text) => {
    expect((await charged(text)).line?.kind).toBe("void");
  });

  test("and not when it comes after some", async () => {
    expect((await charged(role + word + error)).line?.kind).toBe("estimate");
  });
});

describe("the bytes that a caller gets", () => {
  const text = (read: unknown) =>
    (read as { choices: { delta: { content?: string } }[] }[])
      .map(({ choices }) => choices[0]?.delta.content ?? "")
      .join("");

  test.each([1, 2, 3, 20])("are whole when a byte order mark comes in pieces, cut at %d", async (at) => {
    const bytes = new TextEncoder().encode(`\uFEFF${word}${word}${finish}${usage(10, 2)}${DONE}`);
    const { read, line, url } = await charged(bytes.slice(0, at), bytes.slice(at, 30), bytes.slice(30));
    expect(text(read)).toBe("word word ");
    const create = plain(url).chat.completions.create({ ...CHAT, stream: true });
    expect(text(await create.then(collect))).toBe("word word ");
    expect(line).toMatchObject({ kind: "settle", charged: "0.0000018" });
  });

  test("are whole when a character stands across the end of an event and of a piece", async () => {
    const encoder = new TextEncoder();
    const bytes = encoder.encode(`${word}é: is no event\n\n${word}${finish}${usage(10, 2)}${DONE}`);
    const at = encoder.encode(word).length + 1;
    expect(text((await charged(bytes.slice(0, at), bytes.slice(at))).read)).toBe("word word ");
  });
});

test("a stream that is cut before its answer began throws the refusal where truncation was asked for", async () => {
  const url = await serve((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    response.write(": thinking\n\n");
  });
  const wflo = await newWflo();
  const { chat, responses } = metered(url, wflo, {}, { onCut: "truncate" });
  const works = [
    chat.completions.create({ ...CHAT, stream: true, max_completion_tokens: 9 }).then(collect),
    responses.create({ model: MODEL, input: "hi", stream: true, max_output_tokens: 9 }).then(collect),
  ].map(settled);
  await pause(100);
  await wflo.budgets.pause("user");
  for (const error of await Promise.all(works)) expect(error).toBeInstanceOf(BudgetPausedError);
});

describe("what has no form that is known", () => {
  const nested = (depth: number) => `{"a":`.repeat(depth) + `"x"` + "}".repeat(depth);

  test("passes, and is charged as output that nothing bounds", async () => {
    const odd = `data: {"choices":[{"index":0,"delta":${nested(12_000)},"finish_reason":null}]}\n\n`;
    const { read, line } = await charged(odd);
    expect(read).toHaveLength(1);
    expect(line).toMatchObject({ kind: "estimate", charged: line?.held });
    const { read: whole, line: exact } = await charged(
      `${odd}data: {"choices":{}}\n\n${finish}${usage(10, 2)}${DONE}`,
    );
    expect(Array.isArray(whole)).toBe(true);
    expect(exact?.kind).toBe("settle");
  });

  test("is output of unknown length when it is nested deeper than anybody writes", () => {
    expect(textIn({ choices: [{ delta: JSON.parse(nested(60)) as unknown }] })?.bytes).toBe(1);
    expect(textIn({ choices: [{ delta: JSON.parse(nested(70)) as unknown }] })).toBeUndefined();
  });
});

describe("events", () => {
  test.each(["\n", "\r\n", "\r"])("are the same however they are cut into pieces, with %j", (end) => {
    const stream = `data: a${end}data: b${end}${end}: c${end}${end}data: d${end}${end}rest`;
    const whole = new EventSplitter().take(stream);
    for (let size = 1; size <= stream.length; size += 1) {
      const splitter = new EventSplitter();
      const events: string[] = [];
      for (let at = 0; at < stream.length; at += size)
        events.push(...splitter.take(stream.slice(at, at + size)));
      expect([...events, splitter.rest()]).toEqual([...whole, "rest"]);
    }
  });

  test("of 15 MB are put together in well under a second", () => {
    const splitter = new EventSplitter();
    const piece = "x".repeat(16_384);
    const began = performance.now();
    for (let at = 0; at < 900; at += 1) expect(splitter.take(`${piece}${at}`)).toEqual([]);
    expect(splitter.take("\n\n")[0]?.length).toBeGreaterThan(900 * 16_384);
    expect(performance.now() - began).toBeLessThan(800);
  });
});

describe.each(["signal", "controller"] as const)("after the last event, an abort by the %s", (how) => {
  test.each(["a wire that stays open", "a reader who is behind"])("lets go of %s", async (what) => {
    const isBehind = what === "a reader who is behind";
    const url = await serve((_, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write(word.repeat(isBehind ? 300 : 1) + finish + usage(10, 2) + DONE);
    });
    const wflo = await newWflo();
    const abort = new AbortController();
    const { completions } = metered(url, wflo).chat;
    const stream = await completions.create({ ...CHAT, stream: true }, { signal: abort.signal });
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const one of stream) {
        read.push(one);
        if (isBehind) await pause(5);
      }
    })().catch(() => {});
    await lines(wflo, 1);
    await pause(20);
    if (how === "signal") abort.abort();
    else stream.controller.abort();
    await reading;
    expect(read.length).toBeLessThan(250);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
  });
});
