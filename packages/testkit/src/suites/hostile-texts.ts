import { expect } from "vitest";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

type Places = Readonly<Record<string, (desk: CaseDesk, text: string) => Promise<void>>>;

/** What may stand in a name: anything but control characters, up to a thousand bytes. */
const NAMES: Readonly<Record<string, string>> = {
  "quotes and SQL": `'; DROP TABLE budget; -- "\`$1 {a,"b"} \\ %_`,
  emoji: "👩‍🚀 e\u0301 \u202e\uffff",
  "a thousand bytes": "long text ".repeat(100),
};

/** What may stand in a text: whatever the codec and providers write. */
const TEXTS: Readonly<Record<string, string>> = {
  ...NAMES,
  "line breaks": "one\r\n\ttwo",
  "ten kilobytes": "long text ".repeat(1_024),
};

const NAME_PLACES: Places = {
  async "a tenant's id"(desk, text) {
    const other = desk.as(text);
    await other.budget("user", { total: 100n });
    await other.spend(10n, ["user"]);
    expect(await desk.ledger.getBudgets(desk.tenant, ["user"])).toEqual([]);
    expect((await other.window("user")).spentNanoUsd).toBe(10n);
  },
  async "a budget's id"(desk, text) {
    await desk.budget(text, { total: 100n });
    const callId = await desk.spend(10n, [text]);
    expect(await desk.window(text)).toMatchObject({ budgetId: text, spentNanoUsd: 10n });
    expect(await desk.entriesOf(callId)).toMatchObject([{ budgetIds: [text] }]);
    expect(await desk.entries({ budgetId: text })).toHaveLength(1);
    const listed = await desk.ledger.listBudgets(desk.tenant, { prefix: text, limit: 10 });
    expect(listed.map(({ id }) => id)).toEqual([text]);
  },
  async "a workflow's name"(desk, text) {
    const runId = await desk.run({ workflow: text });
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ workflow: text });
    expect(await desk.runs.list(desk.tenant, { workflow: text, limit: 10 })).toHaveLength(1);
  },
  async "a run's tags and budgets"(desk, text) {
    const run = { id: desk.nextId(), workflow: "research", input: "1", budgetIds: [text], tags: [text, "b"] };
    await desk.runs.create(desk.tenant, run);
    expect(await desk.runs.get(desk.tenant, run.id)).toMatchObject(run);
  },
  async "a step's path"(desk, text) {
    const runId = await desk.run();
    const step = { runId, epoch: 1, path: text, result: "1", settlements: [] };
    await desk.database.commitStep({ tenant: desk.tenant, ...step });
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ path: text }]);
  },
};

const TEXT_PLACES: Places = {
  async "a call's label"(desk, text) {
    const label = { step: text, agent: text, provider: text, model: text };
    const callId = await desk.spend(10n, [], { label });
    expect(await desk.entriesOf(callId)).toMatchObject([{ label }]);
  },
  async "a receipt"(desk, text) {
    const receipt = { [text]: text, nested: { list: [text, { [text]: null }] } };
    const callId = await desk.hold(10n, []);
    await desk.settle(callId, 5n, { receipt });
    const [entry] = await desk.entriesOf(callId);
    expect(entry?.receipt).toEqual(receipt);
  },
  async "a run's input and end"(desk, text) {
    const run = { id: desk.nextId(), workflow: "research", input: text, budgetIds: [], tags: [] };
    await desk.runs.create(desk.tenant, run);
    const end = { status: "failed", result: text, error: text } as const;
    await desk.runs.finish(desk.tenant, { runId: run.id, epoch: 1, ...end });
    expect(await desk.runs.get(desk.tenant, run.id)).toMatchObject({ ...run, ...end });
  },
  async "a step's result"(desk, text) {
    const runId = await desk.run();
    const step = { runId, epoch: 1, path: "plan", result: text, settlements: [] };
    await desk.database.commitStep({ tenant: desk.tenant, ...step });
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ result: text }]);
  },
};

const unstorable = databaseCase(
  "takes a settle whose receipt holds what no database stores",
  async (desk) => {
    await desk.budget("user", { total: 100n });
    const callId = await desk.hold(10n, ["user"]);
    await desk.settle(callId, 5n, { receipt: { "k\u0000": "NUL \u0000, lone surrogate \ud800" } });
    expect((await desk.window("user")).spentNanoUsd).toBe(5n);
  },
);

/** Texts that break stores which glue statements together, in every place that takes a text. */
export const hostileTextsCases: readonly DatabaseCase[] = [
  ...casesOf(NAME_PLACES, NAMES),
  ...casesOf(TEXT_PLACES, TEXTS),
  unstorable,
];

function casesOf(places: Places, texts: Readonly<Record<string, string>>): DatabaseCase[] {
  return Object.entries(places).flatMap(([place, play]) =>
    Object.entries(texts).map(([name, text]) =>
      databaseCase(`keeps ${name} in ${place} as written`, (desk) => play(desk, text)),
    ),
  );
}
