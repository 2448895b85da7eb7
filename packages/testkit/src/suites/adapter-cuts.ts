import { expect } from "vitest";
import type { SimulatorReply } from "../simulator/index.ts";
import { adapterCase, type AdapterCase } from "./adapter-case.ts";
import type { AdapterDesk } from "./adapter-desk.ts";
import { codesIn, expectEstimate, HandReader } from "./adapter-reading.ts";

/** Two seconds of work, unless somebody stops it. */
const LONG = { outputTokens: 400, tokensPerSecond: 200 };
/** Asks for a short answer, and would go on for two seconds past it. */
const HEEDLESS = { outputTokens: 20_000, tokensPerSecond: 10_000, ignoreCap: true };
/** A small answer fits, of about 1,300 tokens. */
const SHORT = "0.0006";

/** Something that stops a stream in the middle. */
interface Cut {
  /** Completes the sentence "a stream ...". */
  readonly whose: string;
  readonly reply: SimulatorReply;
  readonly budget: string;
  /** What its caller holds for it. */
  readonly hold?: string;
  /** What happens once the first piece was read. */
  readonly stop: (desk: AdapterDesk) => Promise<void>;
  readonly code: string;
}

const CUTS: readonly Cut[] = [
  {
    whose: "whose budget is paused",
    reply: LONG,
    budget: "1.00",
    stop: (desk) => desk.wflo.budgets.pause("user"),
    code: "WFLO_BUDGET_PAUSED",
  },
  {
    whose: "whose cap is lowered below what is held",
    reply: LONG,
    budget: "1.00",
    stop: (desk) => desk.budget("0.000001"),
    code: "WFLO_BUDGET_EXCEEDED",
  },
  {
    whose: "that passes its hold",
    reply: HEEDLESS,
    budget: SHORT,
    stop: async () => {},
    code: "WFLO_HOLD_EXCEEDED",
  },
  {
    whose: "that passes the hold its caller set",
    reply: HEEDLESS,
    budget: "1.00",
    hold: SHORT,
    stop: async () => {},
    code: "WFLO_HOLD_EXCEEDED",
  },
];

/** Streams that wflo stops in the middle. */
export const adapterCutsCases: readonly AdapterCase[] = [
  ...CUTS.map((cut) =>
    adapterCase(`cuts a stream ${cut.whose}, and tells why in an error`, async (desk) => {
      const { reader, failure } = await playCut(desk, cut, "error");
      expect(codesIn(failure)).toContain(cut.code);
      await expectCut(desk, cut, reader);
    }),
  ),
  ...CUTS.map((cut) =>
    adapterCase(`ends a stream ${cut.whose} early and in order, when told to truncate`, async (desk) => {
      const { reader, failure } = await playCut(desk, cut, "truncate");
      expect(failure).toBeUndefined();
      await expectCut(desk, cut, reader);
    }),
  ),
  ...(["error", "truncate"] as const).map((onCut) =>
    adapterCase(`hands on what had come in before a stream was cut, with onCut: "${onCut}"`, async (desk) => {
      await desk.answers(LONG);
      await desk.budget("1.00");
      const stream = await desk.streaming({ onCut });
      const reader = new HandReader(await stream("Count to four hundred."));
      await reader.first();
      await desk.made(35);
      const { outputTokens } = desk.simulator.billed();
      // What was made a moment ago may still be on its way.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await desk.wflo.budgets.pause("user");
      await reader.rest();
      expect(wordsIn(reader)).toBeGreaterThanOrEqual(outputTokens);
    }),
  ),
  adapterCase("cuts nothing else: other budgets, caps that still cover what is held", async (desk) => {
    await desk.answers({ outputTokens: 40, tokensPerSecond: 200 });
    await desk.budget("1.00");
    await desk.budget("1.00", "other");
    const stream = await desk.streaming();
    const reader = new HandReader(await stream("Count to forty."));
    await reader.first();
    await desk.wflo.budgets.pause("other");
    await desk.budget("0.50");
    expect(await reader.rest()).toBeUndefined();
    expect(wordsIn(reader)).toBe(40);
    const [line] = await desk.lines(1);
    expect(line).toMatchObject({ kind: "settle", charged: desk.billed() });
  }),
];

async function playCut(
  desk: AdapterDesk,
  { reply, budget, hold, stop }: Cut,
  onCut: "error" | "truncate",
): Promise<{ readonly reader: HandReader; readonly failure: unknown }> {
  await desk.answers(reply);
  await desk.budget(budget);
  const stream = await desk.streaming({ onCut, hold });
  const reader = new HandReader(await stream("Count."));
  await reader.first();
  await stop(desk);
  return { reader, failure: await reader.rest() };
}

/** Fewer words than there would have been, each of them whole; paid for what the provider made; and it makes no more. */
async function expectCut(desk: AdapterDesk, { reply }: Cut, reader: HandReader): Promise<void> {
  const words = wordsIn(reader);
  expect(words).toBeGreaterThan(0);
  expect(words).toBeLessThan(reply.outputTokens ?? 0);
  await expectEstimate(desk);
  expect(desk.simulator.journal[0]?.clientGone).toBe(true);
  expect(desk.simulator.billed().outputTokens).toBeLessThan(reply.outputTokens ?? 0);
}

/** How many words were read. Throws where one of them is not whole. */
function wordsIn({ text }: HandReader): number {
  expect(text).toMatch(/^(?: word)*$/);
  return text.length / " word".length;
}
