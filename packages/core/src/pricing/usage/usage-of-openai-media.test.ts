import { describe, expect, test } from "vitest";
import { usageOfOpenAIImage, usageOfOpenAITranscription } from "./usage-of-openai-media.ts";
import { usageOfOpenAIResponse } from "./usage-of-openai.ts";
import { usageOfResponse } from "./usage-of-response.ts";

describe("images", () => {
  const usage = {
    input_tokens: 310,
    input_tokens_details: { text_tokens: 10, image_tokens: 300 },
    output_tokens: 1_056,
    total_tokens: 1_366,
  };
  const made = { inputTokens: 310, inputImageTokens: 300, outputTokens: 1_056 };

  test("are all of the output, unless text is told apart from them", () => {
    expect(usageOfOpenAIImage({ data: [], usage })).toEqual({ ...made, outputImageTokens: 1_056 });
    const apart = { text_tokens: 56, image_tokens: 1_000 };
    expect(usageOfOpenAIImage({ data: [], usage: { ...usage, output_tokens_details: apart } })).toEqual({
      ...made,
      outputImageTokens: 1_000,
    });
    // Parts that do not add up are not believed.
    const wrong = { text_tokens: 1_000, image_tokens: 1 };
    expect(usageOfOpenAIImage({ data: [], usage: { ...usage, output_tokens_details: wrong } })).toEqual({
      ...made,
      outputImageTokens: 1_056,
    });
  });

  test("are known by their list, and by the last event of a stream", () => {
    for (const body of [
      { data: [{}], usage },
      { type: "image_generation.completed", usage },
      { type: "image_edit.completed", usage },
    ]) {
      expect(usageOfOpenAIResponse(body)).toEqual({ ...made, outputImageTokens: 1_056 });
      expect(usageOfResponse(body)?.usage).toEqual({ ...made, outputImageTokens: 1_056 });
    }
  });

  test("name what the author of an SVG took, which is another model", () => {
    const body = { data: [], usage, svg_usage: { total_tokens: 70, model: "gpt-6" } };
    expect(usageOfOpenAIImage(body)?.fees).toEqual([{ meter: "svg", count: 70 }]);
  });

  test("without usage, as DALL·E's, have none", () => {
    expect(usageOfOpenAIImage({ data: [{ url: "x" }] })).toBeUndefined();
    expect(usageOfOpenAIImage({ data: [], usage: { input_tokens: "7" } })).toBeUndefined();
    expect(usageOfOpenAIImage(undefined)).toBeUndefined();
  });
});

describe("a transcription", () => {
  test("is told in tokens, of which those of audio have a price of their own", () => {
    const usage = {
      type: "tokens",
      input_tokens: 14,
      input_token_details: { text_tokens: 4, audio_tokens: 10 },
      output_tokens: 101,
    };
    const read = { inputTokens: 14, inputAudioTokens: 10, outputTokens: 101 };
    expect(usageOfOpenAITranscription({ text: "", usage })).toEqual(read);
    expect(usageOfOpenAIResponse({ text: "", usage })).toEqual(read);
    expect(usageOfResponse({ text: "", usage })?.usage).toEqual(read);
  });

  test.each([
    [{ usage: { type: "duration", seconds: 9 } }, 9],
    [{ usage: { type: "duration", seconds: 8.47 } }, 9],
    [{ duration: "8.470000267028809" }, 9],
    [{ duration: 12 }, 12],
  ])("of %j is told in seconds, rounded up", (body, count) => {
    expect(usageOfOpenAITranscription(body)).toEqual({
      inputTokens: 0,
      outputTokens: 0,
      fees: [{ meter: "audioSeconds", count }],
    });
  });

  test("in seconds is read from whichever answer has it", () => {
    const body = { text: "", usage: { type: "duration", seconds: 3 } };
    expect(usageOfResponse(body)?.usage.fees).toEqual([{ meter: "audioSeconds", count: 3 }]);
    expect(usageOfOpenAIResponse(body)?.fees).toEqual([{ meter: "audioSeconds", count: 3 }]);
  });

  test("without either, or with what is no length, has none", () => {
    for (const body of [{ text: "x" }, { duration: "long" }, { usage: { type: "duration", seconds: -1 } }, 7])
      expect(usageOfOpenAITranscription(body)).toBeUndefined();
  });
});
