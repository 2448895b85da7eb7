import type { GuardRequest, Usage } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { Anchors } from "../src/guard/anchors.ts";
import { Fingerprinter, randomKey, type Fingerprint } from "../src/guard/fingerprint.ts";
import { readRequest } from "../src/guard/read-request.ts";
import { bounds, METERED, OVERHEAD, overheadOf, sized, took, type Answered } from "./support/bounds.ts";

const TEXT = sized(32_000);
const BY_BYTES = 32_000 + OVERHEAD;

describe("an answer that cannot be believed teaches nothing", () => {
  test.each<[string, Usage]>([
    ["no tokens at all", took(0)],
    ["one token", took(1)],
    ["fewer tokens than one for 32 bytes", took(999)],
    ["a part of a token", took(4_000.5)],
    ["no number", took(Number.NaN)],
    ["less than nothing", took(-4_000)],
  ])("when it claims %s", async (_, usage) => {
    const { of } = bounds();
    await of({ parts: [TEXT] }, usage, { answerId: "answer-1" });
    expect(await of({ parts: [TEXT] })).toBe(BY_BYTES);
    // Bounded by the context window: that answer's tokens are not taken for it either.
    expect(await of({ parts: ["go on"], follows: "answer-1" })).toBeGreaterThan(BY_BYTES);
  });

  test("while the densest that a text can be is believed", async () => {
    const { of } = bounds();
    await of({ parts: [TEXT] }, took(1_000));
    expect(await of({ parts: [TEXT] })).toBe(1_000 + OVERHEAD);
  });

  test("and one that has less than its beginning had does not lower it", async () => {
    const { of } = bounds();
    await of({ parts: [TEXT] }, took(8_000));
    await of({ parts: [TEXT, "more"] }, took(1_100), { answerId: "answer-1" });
    expect(await of({ parts: [TEXT, "more"] })).toBe(8_000 + OVERHEAD);
    expect(await of({ parts: ["go on"], follows: "answer-1" })).toBe(8_000 + 5 + OVERHEAD);
  });

  test("and of two answers to the same request the larger stands", async () => {
    const { of } = bounds();
    await of({ parts: [TEXT] }, took(7_000));
    await of({ parts: [TEXT] }, took(8_000));
    await of({ parts: [TEXT] }, took(7_500));
    expect(await of({ parts: [TEXT] })).toBe(8_000 + OVERHEAD);
  });
});

describe("an answer of another model than was asked for", () => {
  const azure = { provider: "azure", model: "our-chat" };
  test.each<[string, Partial<GuardRequest>, string | undefined, boolean]>([
    ["nobody says which", {}, undefined, true],
    ["the same", {}, "m", true],
    ["a snapshot of it", { model: "gpt-4o", provider: "openai" }, "gpt-4o-2024-08-06", true],
    ["a short snapshot of it", { model: "gpt-4", provider: "openai" }, "gpt-4-0613", true],
    [
      "what latest means today",
      { model: "claude-3-5-haiku-latest", provider: "anthropic" },
      "claude-3-5-haiku-20241022",
      true,
    ],
    ["the same by its whole name", { model: "gpt-4o", provider: "openai" }, "openai/gpt-4o", true],
    ["the deployment's model", azure, "gpt-4o-2024-08-06", true],
    ["its small sibling", { model: "gpt-4o", provider: "openai" }, "gpt-4o-mini", false],
    ["its successor", { model: "gpt-4", provider: "openai" }, "gpt-4.1", false],
    ["a minor version", { model: "claude-sonnet-4", provider: "anthropic" }, "claude-sonnet-4-5", false],
    ["quite another", {}, "other", false],
  ])("teaches only if it is the same by another name: %s", async (_, asked, served, learns) => {
    const { of, wflo } = bounds({ prices: { "azure/our-chat": { like: "openai/gpt-4o" } } });
    const request = { ...METERED, parts: [TEXT], ...asked };
    const answered: Answered = { model: served };
    await of(request, took(8_000), answered);
    const callId = "0198c0de-0000-7000-8000-000000000001";
    await of({ ...request, callId }, took(8_000), answered);
    await wflo.flush();
    const receipt = (await wflo.calls.get(callId)).at(-1)?.receipt;
    expect(receipt).toMatchObject(
      learns
        ? { estimatedBy: "anchor", boundInputTokens: 8_000 + OVERHEAD }
        : { estimatedBy: "bytes", boundInputTokens: 32_000 + overheadOf(request.model) },
    );
  });
});

describe("what is learned", () => {
  test.each([{ hold: "1.00" }, { price: "1.00" }, { record: true }])(
    "is nothing from a call with %o, whose request may be only a part of what was sent",
    async (fixed) => {
      const { of } = bounds();
      await of({ parts: [TEXT], ...fixed }, took(8_000));
      expect(await of({ parts: [TEXT] })).toBe(BY_BYTES);
    },
  );

  test("belongs to the texts that were asked, though the caller's object changes meanwhile", async () => {
    const { of, wflo } = bounds();
    const parts = [TEXT];
    const request = { ...METERED, parts };
    const sent = Promise.withResolvers<void>();
    const first = wflo.guardCall(request, async () => {
      await sent.promise;
      return { value: 0, outcome: { kind: "answered", usage: took(8_000) } };
    });
    parts.push(sized(20_000));
    await of(request);
    sent.resolve();
    await first;
    expect(await of({ parts: [TEXT] })).toBe(8_000 + OVERHEAD);
    expect(await of({ parts })).toBe(8_000 + 20_000 + OVERHEAD);
  });

  test("comes from each of many calls at once, and from none before it was answered", async () => {
    const { of, wflo } = bounds();
    const open = Promise.withResolvers<void>();
    const texts = Array.from({ length: 50 }, (_, at) => `${TEXT}${at}`);
    const calls = texts.map((text, at) =>
      wflo.guardCall({ ...METERED, parts: [TEXT, text] }, async () => {
        await open.promise;
        return { value: 0, outcome: { kind: "answered", usage: took(16_000 + at) } };
      }),
    );
    expect(await of({ parts: [TEXT, `${TEXT}7`, "more"] })).toBe(2 * 32_000 + 1 + 4 + OVERHEAD);
    open.resolve();
    await Promise.all(calls);
    for (const [at, text] of texts.entries()) {
      expect(await of({ parts: [TEXT, text, "more"] })).toBe(16_000 + at + 4 + OVERHEAD);
    }
  });

  test("stays in its client", async () => {
    await bounds().of({ parts: [TEXT] }, took(8_000));
    expect(await bounds().of({ parts: [TEXT] })).toBe(BY_BYTES);
  });

  test("is forgotten when it was not used for longest, and never grows beyond some thousands", () => {
    const anchors = new Anchors();
    const known = { anchor: undefined, pricedAs: METERED.model };
    const see = (text: string) => {
      const request = { ...METERED, parts: [text] };
      anchors.asked(request, readRequest(request, anchors.key), known);
      anchors.note(request, { kind: "answered", usage: took(100), answerId: `answer to ${text}` });
    };
    const isKnown = (text: string) =>
      anchors.longest(readRequest({ ...METERED, parts: [text] }, anchors.key)) !== undefined;
    const isAnswerKnown = (text: string) =>
      anchors.followed({ ...METERED, parts: [], follows: `answer to ${text}` }) !== undefined;
    see("first");
    see("unused");
    for (let at = 0; at < 20_000; at++) {
      see(`text ${at}`);
      expect(isKnown("first") && isAnswerKnown("first")).toBe(true);
    }
    expect(isKnown("unused") || isAnswerKnown("unused")).toBe(false);
    expect(anchors.size).toBeGreaterThan(4_000);
    expect(anchors.size).toBeLessThanOrEqual(8_000);
  });

  test("has no place for ids of answers without end", async () => {
    const { of } = bounds();
    const follows = sized(10_000);
    await of({ parts: [TEXT] }, took(8_000), { answerId: follows });
    expect(await of({ parts: ["go on"], follows })).toBeGreaterThan(BY_BYTES);
  });
});

describe("a fingerprint", () => {
  const key = randomKey();
  const of = (texts: readonly string[], from = key): string => {
    const hash = new Fingerprinter(from);
    for (const text of texts) hash.add(1, text);
    return hash.read().join();
  };

  test("tells near-identical texts apart: 200,000 of them, no two alike in any three of four lanes", () => {
    const seen = [0, 1, 2, 3].map(() => new Set<string>());
    const texts = function* () {
      for (let at = 0; at < 50_000; at++) yield [`${sized(40)}${at}`];
      for (let at = 0; at < 50_000; at++) yield [sized(at)];
      for (let at = 0; at < 50_000; at++) yield [String.fromCharCode(at), ""];
      for (let at = 0; at < 50_000; at++)
        yield ["", `${sized(at % 251, "\0")}`, `${sized(Math.floor(at / 251), "\0")}`];
    };
    let count = 0;
    const hash = (given: readonly string[]) => of(given).split(",");
    for (const given of texts()) {
      // Long rows of one letter are read in a stride, since they would take most of the time.
      if (given.length === 1 && given[0]!.length > 2_000 && given[0]!.length % 50 !== 0) continue;
      count++;
      const lanes = hash(given);
      seen.forEach((set, without) => set.add(lanes.filter((_, lane) => lane !== without).join()));
    }
    expect(seen.map((set) => set.size)).toEqual([count, count, count, count]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["a border that moved", ["ab", "c"], ["a", "bc"]],
    ["an empty text more", ["a"], ["a", ""]],
    ["zeros at the end", ["a"], ["a\0"]],
    ["another order", ["a", "b"], ["b", "a"]],
    [
      "one letter far inside a long text",
      [`${sized(200_000)}a${sized(200_000)}`],
      [`${sized(200_000)}b${sized(200_000)}`],
    ],
    [
      "a zero before or after the border of what is read at once",
      [`${sized(65_535)}é\0`],
      [`${sized(65_535)}\0é`],
    ],
    ["a composed and a decomposed letter", ["é"], ["e\u0301"]],
  ])("sees %s", (_, one, other) => {
    expect(of(one)).not.toBe(of(other));
    expect(of(one)).toBe(of([...one]));
  });

  test("changes in about half of its bits with any one of the text, and of the key", () => {
    const bits = (a: string, b: string) => {
      const [left, right] = [a.split(","), b.split(",")];
      return left.reduce((sum, lane, at) => {
        let differing = (Number(lane) ^ Number(right[at])) >>> 0;
        let count = 0;
        for (; differing > 0; differing = Math.floor(differing / 2)) count += differing % 2;
        return sum + count;
      }, 0);
    };
    const text = "The quick brown fox jumps over the lazy dog";
    const flips = Array.from(text, (letter, at) => {
      const flipped = String.fromCharCode(letter.charCodeAt(0) ^ 1);
      return bits(of([text]), of([text.slice(0, at) + flipped + text.slice(at + 1)]));
    });
    const otherKey: Fingerprint = [key[0] ^ 1, key[1], key[2], key[3]];
    for (const flip of [...flips, bits(of([text]), of([text], otherKey))]) {
      expect(flip).toBeGreaterThan(32);
      expect(flip).toBeLessThan(96);
    }
  });
});
