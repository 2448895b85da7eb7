import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnboundedRequestError, type Wflo } from "@wflo/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { collect, lines, metered, newWflo, plain, serve, settled, simulate } from "./support/desk.ts";

/** A minute at 128 kbit/s would be 960 kB. */
const FILE = new File([new Uint8Array(50_000)], "talk.mp3", { type: "audio/mpeg" });
const WHISPER = { model: "whisper-1", file: FILE } as const;
const SCRIBE = { model: "gpt-4o-transcribe", file: FILE } as const;

function watchBounds(wflo: Wflo): string[] {
  const bounds: string[] = [];
  wflo.on("call-start", ({ bound }) => void bounds.push(bound));
  return bounds;
}

describe("a transcription", () => {
  test("by whisper-1 is charged by the second, and held by the bytes of its file at the slowest bit rate", async () => {
    const simulator = await simulate({ text: "Good day.", seconds: 7 });
    const wflo = await newWflo();
    const bounds = watchBounds(wflo);
    expect((await metered(simulator.url, wflo).audio.transcriptions.create(WHISPER)).text).toBe("Good day.");
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", model: "whisper-1", charged: "0.0007" }]);
    // 50,000 bytes at 500 a second are 100 seconds.
    expect(bounds).toEqual(["0.01"]);
    expect(simulator.requests[0]?.body["file"]).toMatchObject({ size: 50_000, name: "talk.mp3" });
  });

  test("by gpt-4o-transcribe is charged by its tokens, and held by what the model can read and write", async () => {
    const { url } = await simulate({
      text: "Good day.",
      inputTokens: 114,
      audioTokens: 100,
      outputTokens: 4,
    });
    const wflo = await newWflo();
    const bounds = watchBounds(wflo);
    await metered(url, wflo).audio.transcriptions.create({ ...SCRIBE, prompt: "Greetings" });
    // 14 x $2.50, 100 x $6 and 4 x $10 a million.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.000675" }]);
    expect(Number(bounds[0])).toBeGreaterThanOrEqual((16_000 * 6 + 2_000 * 10) / 1e6);
    expect(Number(bounds[0])).toBeLessThan(0.13);
  });

  test("that is streamed is charged exactly, and read as without wflo", async () => {
    const { url } = await simulate({ text: "Good day.", inputTokens: 100, outputTokens: 4 });
    const wflo = await newWflo();
    const request = { ...SCRIBE, stream: true as const };
    const events = await collect(await metered(url, wflo).audio.transcriptions.create(request));
    expect(events).toEqual(await collect(await plain(url).audio.transcriptions.create(request)));
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.00064" }]);
  });

  test.each(["text", "srt", "vtt"] as const)(
    "as %s is charged at its hold, since it tells no usage, and holds no further one back",
    async (response_format) => {
      const { url } = await simulate({ text: "Good day." });
      const wflo = await newWflo();
      const { transcriptions } = metered(url, wflo).audio;
      for (let call = 0; call < 2; call += 1) {
        const text: unknown = await transcriptions.create({ ...WHISPER, response_format });
        expect(text).toBe(await plain(url).audio.transcriptions.create({ ...WHISPER, response_format }));
      }
      const ledger = await lines(wflo, 2);
      expect(ledger.map(({ kind, charged, held }) => [kind, charged, held])).toEqual([
        ["unmeasured", "0.01", "0.01"],
        ["unmeasured", "0.01", "0.01"],
      ]);
      expect(ledger[0]?.receipt["noUsage"]).toContain(response_format);
    },
  );

  test("as verbose JSON without usage is charged by the length it tells", async () => {
    const { url } = await simulate({ text: "Good day.", seconds: 12 });
    const wflo = await newWflo();
    const request = { ...WHISPER, response_format: "verbose_json" as const };
    await metered(url, wflo).audio.translations.create(request);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.0012" }]);
  });

  test("into English is charged at its hold when nothing tells how long it was", async () => {
    const { url } = await simulate({ text: "Good day." });
    const wflo = await newWflo();
    const { translations } = metered(url, wflo).audio;
    for (let call = 0; call < 2; call += 1) await translations.create(WHISPER);
    expect((await lines(wflo, 2)).map(({ kind }) => kind)).toEqual(["unmeasured", "unmeasured"]);
  });

  test("of a file that is streamed is held for the longest file there can be, and the file is read once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wflo-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "talk.mp3");
    writeFileSync(path, new Uint8Array(200_000).fill(3));
    const simulator = await simulate({ text: "Good day.", seconds: 7 });
    const wflo = await newWflo({}, "10.00");
    const bounds = watchBounds(wflo);
    await metered(simulator.url, wflo).audio.transcriptions.create({
      ...WHISPER,
      file: createReadStream(path),
    });
    expect(bounds).toEqual(["5.2429"]);
    expect(simulator.requests[0]?.body["file"]).toMatchObject({ size: 200_000 });
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.0007" }]);
  });

  test("in chunks, which are several requests, needs hold", async () => {
    const client = metered((await simulate({})).url, await newWflo());
    const request = { ...SCRIBE, chunking_strategy: "auto" as const };
    expect(await settled(client.audio.transcriptions.create(request))).toBeInstanceOf(UnboundedRequestError);
  });
});

describe("speech", () => {
  const speak = (model: string) => ({ model, voice: "ash" as const, input: "Good day, Zoë." });

  test.each([
    ["tts-1", "0.00021"],
    ["tts-1-hd", "0.00042"],
  ])(
    "by %s is charged by its characters, exactly, and its bytes pass as they are",
    async (model, charged) => {
      const { url } = await simulate({});
      const wflo = await newWflo();
      const { speech } = metered(url, wflo).audio;
      for (let call = 0; call < 2; call += 1) {
        const audio = await (await speech.create(speak(model))).arrayBuffer();
        const unmetered = await (await plain(url).audio.speech.create(speak(model))).arrayBuffer();
        expect(Buffer.from(audio).equals(Buffer.from(unmetered))).toBe(true);
        expect(audio.byteLength).toBeGreaterThan(100);
      }
      const ledger = await lines(wflo, 2);
      expect(ledger.map((line) => [line.kind, line.charged, line.held])).toEqual([
        ["settle", charged, charged],
        ["settle", charged, charged],
      ]);
    },
  );

  test("by gpt-4o-mini-tts is charged at its hold, and holds no further one back", async () => {
    const { url } = await simulate({});
    const wflo = await newWflo();
    const { speech } = metered(url, wflo).audio;
    for (let call = 0; call < 2; call += 1)
      await (await speech.create(speak("gpt-4o-mini-tts"))).arrayBuffer();
    const ledger = await lines(wflo, 2);
    expect(ledger.map(({ kind }) => kind)).toEqual(["unmeasured", "unmeasured"]);
    expect(ledger[0]?.receipt["noUsage"]).toContain("speech");
    expect(ledger[0]?.charged).toBe(ledger[0]?.held);
  });

  test.each([
    ["letters", "seven ", 4],
    ["digits, each a word", "7", 10],
    ["Chinese, each a word", "七", 12],
  ])("by gpt-4o-mini-tts is held by what is read out: %s", async (_, character, tokens) => {
    const { url } = await simulate({});
    const boundOf = async (count: number, speed: number) => {
      const wflo = await newWflo({}, "100.00");
      const bounds: number[] = [];
      wflo.on("call-start", ({ bound }) => void bounds.push(Number(bound)));
      const request = { ...speak("gpt-4o-mini-tts"), input: character.repeat(count), speed };
      await (await metered(url, wflo).audio.speech.create(request)).arrayBuffer();
      return bounds[0] ?? 0;
    };
    const [least, most] = [await boundOf(100, 1), await boundOf(1_100, 1)];
    const bytes = Buffer.byteLength(character);
    const outputUsd = (1_000 * character.length * tokens * 12) / 1e6;
    expect(most - least).toBeCloseTo(outputUsd + (1_000 * bytes * 0.6) / 1e6, 6);
    expect((await boundOf(1_100, 0.5)) - (await boundOf(100, 0.5))).toBeGreaterThan(2 * outputUsd);
  });

  test("as events is charged by the usage of the last one", async () => {
    const { url } = await simulate({ inputTokens: 10, outputTokens: 100 });
    const wflo = await newWflo();
    const request = { ...speak("gpt-4o-mini-tts"), stream_format: "sse" as const };
    const text = await (await metered(url, wflo).audio.speech.create(request)).text();
    expect(text).toBe(await (await plain(url).audio.speech.create(request)).text());
    // 10 x $0.60 and 100 x $12 a million.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.001206" }]);
  });

  test("that breaks off is in doubt, at what was held for it", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-type": "audio/mpeg", "content-length": "1000" });
      response.write(new Uint8Array(100), () => setTimeout(() => response.destroy(), 20));
    });
    const wflo = await newWflo();
    const { speech } = metered(url, wflo).audio;
    await settled(speech.create(speak("tts-1")).then((answer) => answer.arrayBuffer()));
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "doubt", charged: "0.00021" }]);
  });
});
