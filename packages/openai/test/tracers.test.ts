import { InvalidOptionError } from "@wflo/core";
import { wfloOpenAI } from "@wflo/openai";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { CHAT, lines, metered, newWflo, plain, simulate } from "./support/desk.ts";

/** What tracers make of a client: a Proxy that leaves methods alone, one that binds them, and a copy of what is in it. */
const TRACERS: readonly (readonly [name: string, trace: (client: OpenAI) => OpenAI])[] = [
  ["a Proxy", (client) => new Proxy(client, {})],
  [
    "a Proxy that binds methods",
    (client) =>
      new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      }),
  ],
  ["a copy", (client) => ({ ...client }) as OpenAI],
];

describe.each(TRACERS)("a client in the form of %s", (_, trace) => {
  test("is refused, in a sentence that says what to wrap", async () => {
    const wflo = await newWflo();
    const wrap = () => wfloOpenAI(trace(plain("http://127.0.0.1:1/v1")), { wflo, budgets: ["user"] });
    expect(wrap).toThrow(InvalidOptionError);
    expect(wrap).toThrow(/Pass the client itself to wfloOpenAI, and the metered client to the tracer/);
  });

  test("is metered where it is made of a metered client", async () => {
    const { url } = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    await trace(metered(url, wflo)).chat.completions.create(CHAT);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle" }]);
  });
});

test.each([undefined, null, {}])("%j in the place of a client is refused in words", (nothing) => {
  const wrap = () => wfloOpenAI(nothing as never);
  expect(wrap).toThrow(InvalidOptionError);
  expect(wrap).toThrow("wfloOpenAI takes a client of the openai SDK, as wfloOpenAI(new OpenAI())");
});

test("what a client's own constructor throws is thrown as it is", async () => {
  const client = plain("http://127.0.0.1:1/v1");
  const error = new TypeError("no tenant");
  client.withOptions = () => {
    throw error;
  };
  expect(() => wfloOpenAI(client, { budget: "1.00" })).toThrow(error);
});
