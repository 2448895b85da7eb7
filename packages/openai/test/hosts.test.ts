import { fakeClock } from "@wflo/testkit";
import { createWflo, memoryDatabase, type Database } from "@wflo/core";
import { describe, expect, test } from "vitest";
import { CHAT, collect, metered, newWflo, pause, RESPONSE, serve, simulate } from "./support/desk.ts";

/** A memory database whose settles take their time. */
function slowToSettle(settleMs: number): Database & { settled: number } {
  const database = memoryDatabase();
  const slow = { ...database, settled: 0 };
  const ledger = Object.create(database.ledger) as Database["ledger"];
  ledger.settle = async (...args) => {
    await pause(settleMs);
    slow.settled += 1;
    return database.ledger.settle(...args);
  };
  return Object.assign(slow, { ledger });
}

describe("on a host that freezes the process, with settle: await", () => {
  test.each(["chat", "responses"] as const)(
    "a %s answer comes when the ledger has its charge",
    async (api) => {
      const { url } = await simulate({ text: "Hi" });
      const database = slowToSettle(50);
      const wflo = createWflo({ database, logger: false, settle: "await" });
      await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
      const { chat, responses } = metered(url, wflo);
      await (api === "chat" ? chat.completions.create(CHAT) : responses.create(RESPONSE));
      expect(database.settled).toBe(1);
      await wflo.close();
    },
  );

  test("a stream of responses ends when the ledger has its charge", async () => {
    const { url } = await simulate({ text: "Hi" });
    const database = slowToSettle(50);
    const wflo = createWflo({ database, logger: false, settle: "await" });
    await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
    await collect(await metered(url, wflo).responses.create({ ...RESPONSE, stream: true }));
    expect(database.settled).toBe(1);
    await wflo.close();
  });

  // The SDK stops reading at [DONE], before the stream's end, which is what waits for the charge.
  test("a chat stream ends when the ledger has its charge", async () => {
    const { url } = await simulate({ text: "Hi" });
    const database = slowToSettle(50);
    const wflo = createWflo({ database, logger: false, settle: "await" });
    await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
    await collect(await metered(url, wflo).chat.completions.create({ ...CHAT, stream: true }));
    expect(database.settled).toBe(1);
    await wflo.close();
  });
});

test("a long stream that nobody takes from for half a minute is read to its end and charged exactly", async () => {
  const url = await serve((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    const chunk = { id: "c", choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] };
    const last = {
      id: "c",
      model: CHAT.model,
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    };
    void (async () => {
      for (let sent = 0; sent < 2_500; sent += 1) {
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        await new Promise(setImmediate);
      }
      response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
    })();
  });
  const clock = fakeClock();
  const wflo = await newWflo({ clock });
  const stream = await metered(url, wflo).chat.completions.create({ ...CHAT, stream: true });
  for (let tries = 0; tries < 100 && (await wflo.calls.list()).length === 0; tries += 1) {
    await pause(50);
    clock.advance(31_000);
  }
  expect(await wflo.calls.list()).toMatchObject([{ kind: "settle" }]);
  await stream.toReadableStream().cancel();
});

test("flush and close wait for the charge of a stream that was just read", async () => {
  const { url } = await simulate({ text: "Hi" });
  const wflo = await newWflo();
  for (let round = 0; round < 5; round += 1) {
    await collect(await metered(url, wflo).chat.completions.create({ ...CHAT, stream: true }));
    await wflo.flush();
    expect((await wflo.budgets.get("user"))?.windows[0]?.reserved).toBe("0.00");
  }
});
