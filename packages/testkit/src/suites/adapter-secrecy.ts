import type { WfloEventName } from "@wflo/core";
import { expect, vi } from "vitest";
import type { SimulatorReply } from "../simulator/index.ts";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import { AdapterDesk } from "./adapter-desk.ts";
import { readAll } from "./adapter-reading.ts";

const PROMPT = "the-secret-of-the-prompt";
const ANSWER = "the-secret-of-the-answer";
/** Some providers repeat the request, or a part of the key, in their errors. */
const ECHO = `${PROMPT} ${AdapterDesk.apiKey}`;

/** What happens to the calls, one after the other. */
const REPLIES: readonly SimulatorReply[] = [
  { text: ANSWER },
  { status: 401, errorCode: ECHO },
  { status: 504, errorCode: ECHO },
  { text: ANSWER, cutAfterChunks: 1 },
  { text: ANSWER, errorAfterChunks: 0, errorCode: ECHO },
  { text: ANSWER, errorAfterChunks: 1, errorCode: ECHO },
  { text: ANSWER, omitUsage: true },
];

const EVENTS: readonly WfloEventName[] = [
  "call-start",
  "call-end",
  "call-waiting",
  "call-settled",
  "budget-created",
  "budget-warning",
  "budget-exceeded",
  "trouble",
];

/** What nobody is to find in a log. */
export const adapterSecrecyCases: readonly AdapterCase[] = [
  adapterCase(
    "tells no prompt, no answer and no key in events, logs, receipts and refusals",
    async (desk) => {
      const told: unknown[] = [];
      for (const name of EVENTS) desk.wflo.on(name, (event) => told.push(event));
      await desk.answers(({ index }) => REPLIES[index % REPLIES.length] ?? {});
      await desk.budget("1.00");
      const adapter = await desk.adapter();
      const stopListening = listenToConsole(told);
      for (const _ of REPLIES) await adapter.text(PROMPT).catch(() => {});
      for (const _ of REPLIES)
        await adapter
          .stream?.(PROMPT)
          .then(readAll)
          .catch(() => {});
      stopListening();
      expect(JSON.stringify(desk.simulator.requests[0]?.headers)).toContain(AdapterDesk.apiKey);
      const sent = desk.simulator.requests.length;
      told.push(await desk.lines(sent));
      await desk.budget("0.0001");
      told.push(await adapter.text(PROMPT).catch((error: unknown) => error));
      const text = [...told, ...desk.logged].map(plainly).join("\n");
      expect(text).toContain(AdapterDesk.model);
      for (const secret of [PROMPT, ANSWER, AdapterDesk.apiKey]) expect(text).not.toContain(secret);
    },
    { onMissingUsage: "allow" },
  ),
];

/** Collects what is said on the console instead of showing it; returns what stops that. */
function listenToConsole(told: unknown[]): () => void {
  const heard = (["debug", "log", "info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...said) => void told.push(said)),
  );
  return () => heard.forEach((spy) => spy.mockRestore());
}

/** Everything in a value, the messages of errors too. */
function plainly(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "bigint") return String(inner);
    if (!(inner instanceof Error)) return inner;
    return { ...inner, message: inner.message, stack: inner.stack, cause: inner.cause };
  });
}
