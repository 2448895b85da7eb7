import { expect } from "vitest";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { readAll } from "./adapter-reading.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };

/** Transports of the user's that do more than send. */
export const adapterTransportCases: readonly AdapterCase[] = [
  adapterCase(
    "charges a call that the transport makes while it sends, and the call it sends",
    async (desk) => {
      const { onSend } = await payingTransport(desk);
      const adapter = await desk.adapterWith("onSend", { onSend });
      await adapter.text("Hi");
      await expectBoth(desk);
    },
  ),
  adapterCase(
    "charges a call that the transport makes while it sends, and the stream it sends",
    async (desk) => {
      const { onSend } = await payingTransport(desk);
      const stream = await desk.streaming({ onSend }, "onSend");
      await readAll(await stream("Hi"));
      await expectBoth(desk);
    },
  ),
];

/** A transport that asks a model something, through wflo and on the same budget, before it sends. */
async function payingTransport(desk: AdapterDesk) {
  await desk.answers(ANSWER);
  await desk.budget("1.00");
  const other = await desk.adapter();
  return { onSend: async () => void (await other.text("Is this a harmless question?")) };
}

async function expectBoth(desk: AdapterDesk): Promise<void> {
  const lines = await desk.lines(2);
  expect(lines.map(({ kind }) => kind)).toEqual(["settle", "settle"]);
  expect(desk.simulator.requests).toHaveLength(2);
  expect(await desk.window()).toMatchObject({ spent: desk.billedInAll(), reserved: "0.00" });
}
