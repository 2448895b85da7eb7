import OpenAI, { toFile } from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSimulator, type Simulator, type SimulatorReply } from "../src/simulator/index.ts";

const IN_BACKGROUND = { model: "gpt-4.1-nano", input: "Think about it.", background: true as const };
const COUNTED = { text: "You are kind.", inputTokens: 100, outputTokens: 40 };

async function simulate(reply: SimulatorReply): Promise<{ simulator: Simulator; client: OpenAI }> {
  const simulator = await startSimulator({ reply: () => reply });
  onTestFinished(() => simulator.close());
  return { simulator, client: new OpenAI({ baseURL: simulator.url, apiKey: "none", maxRetries: 0 }) };
}

describe("a response in the background", () => {
  test("is queued at once, in progress, and billed when it is completed, with its usage", async () => {
    const { simulator, client } = await simulate({ ...COUNTED, latencyMs: 1_500 });
    const queued = await client.responses.create(IN_BACKGROUND);
    expect(queued).toMatchObject({ status: "queued", background: true, usage: null });
    expect((await client.responses.retrieve(queued.id)).status).toBe("in_progress");
    expect(simulator.billed().calls).toBe(0);
    expect(simulator.journal[0]?.done).toBe(false);
    await until(() => simulator.journal[0]?.done === true);
    expect(await client.responses.retrieve(queued.id)).toMatchObject({
      id: queued.id,
      status: "completed",
      usage: { input_tokens: 100, output_tokens: 40 },
    });
    expect(simulator.billed()).toMatchObject({ calls: 1, inputTokens: 100, outputTokens: 40 });
  });

  test("is billed for what was made when it is cancelled, and tells no usage", async () => {
    const { simulator, client } = await simulate({ ...COUNTED, outputTokens: 1_000, latencyMs: 60_000 });
    const { id } = await client.responses.create(IN_BACKGROUND);
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: "cancelled", usage: null });
    expect((await client.responses.retrieve(id)).status).toBe("cancelled");
    expect(simulator.billed()).toMatchObject({ calls: 1, inputTokens: 100 });
    expect(simulator.billed().outputTokens).toBeLessThan(100);
  });

  test("that fails bills nothing", async () => {
    const { simulator, client } = await simulate({ ...COUNTED, errorAfterChunks: 1 });
    const { id } = await client.responses.create(IN_BACKGROUND);
    await until(() => simulator.journal[0]?.done === true);
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: "failed",
      error: { code: "server_error" },
    });
    expect(simulator.billed().calls).toBe(0);
  });

  test("that nobody knows is not found", async () => {
    const { client } = await simulate({});
    await expect(client.responses.retrieve("resp_unknown")).rejects.toMatchObject({ status: 404 });
  });
});

describe("a batch", () => {
  async function uploaded(client: OpenAI): Promise<string> {
    const lines = ["one", "two"].map((customId) => ({
      custom_id: customId,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "gpt-4.1-nano", messages: [{ role: "user", content: "Hi" }] },
    }));
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    const file = await toFile(new TextEncoder().encode(text), "batch.jsonl");
    return (await client.files.create({ file, purpose: "batch" })).id;
  }

  const asked = (input_file_id: string) => ({
    input_file_id,
    endpoint: "/v1/chat/completions" as const,
    completion_window: "24h" as const,
  });

  test("answers every line of its file, and is billed for all of them at the end", async () => {
    const { simulator, client } = await simulate({ ...COUNTED, latencyMs: 1_500 });
    const batch = await client.batches.create(asked(await uploaded(client)));
    expect(batch).toMatchObject({ status: "validating", request_counts: { total: 2, completed: 0 } });
    expect(batch.usage).toBeUndefined();
    expect((await client.batches.retrieve(batch.id)).status).toBe("in_progress");
    await until(() => simulator.journal[0]?.done === true);
    const done = await client.batches.retrieve(batch.id);
    expect(done).toMatchObject({
      status: "completed",
      request_counts: { total: 2, completed: 2 },
      usage: { input_tokens: 200, output_tokens: 80, total_tokens: 280 },
    });
    const output = await (await client.files.content(done.output_file_id ?? "")).text();
    expect(output.split("\n").map((line) => JSON.parse(line) as object)).toMatchObject([
      { custom_id: "one", response: { status_code: 200, body: { usage: { completion_tokens: 40 } } } },
      { custom_id: "two" },
    ]);
    expect(simulator.billed()).toMatchObject({ calls: 1, inputTokens: 200, outputTokens: 80 });
    expect((await client.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
  });

  test("tells and bills what was done when it is cancelled", async () => {
    const { simulator, client } = await simulate({ ...COUNTED, latencyMs: 60_000 });
    const { id } = await client.batches.create(asked(await uploaded(client)));
    expect((await client.batches.cancel(id)).status).toBe("cancelling");
    const { status, usage } = await client.batches.retrieve(id);
    expect(status).toBe("cancelled");
    expect(usage?.output_tokens).toBe(simulator.billed().outputTokens);
    expect(simulator.billed()).toMatchObject({ calls: 1, inputTokens: 200 });
  });

  test("of a file that is not there is refused", async () => {
    const { simulator, client } = await simulate({});
    await expect(client.batches.create(asked("file-unknown"))).rejects.toMatchObject({ status: 400 });
    expect(simulator.billed().calls).toBe(0);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}
