import { expect } from "vitest";
import type { CaseDesk } from "./case-desk.ts";
import { CheckpointDesk, element } from "./checkpoint-desk.ts";
import { ItemDesk, valueOf } from "./item-desk.ts";
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
  async "a default's prefix"(desk, text) {
    const terms = { caps: { total: 100n }, onExpiry: "charge", warnAt: [], timeZone: "UTC" } as const;
    await desk.ledger.setDefault(desk.tenant, { prefix: text, ...terms });
    const made = await desk.ledger.createFromDefault(desk.tenant, `${text}1`);
    expect(made).toMatchObject({ madeFrom: text, budget: { id: `${text}1` } });
    expect(await desk.ledger.listDefaults(desk.tenant, { limit: 10 })).toEqual([{ prefix: text, ...terms }]);
    expect(await desk.ledger.removeDefault(desk.tenant, text)).toBe(true);
  },
  async "a workflow's name"(desk, text) {
    const runId = await desk.run({ workflow: text });
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ workflow: text });
    expect(await desk.runs.list(desk.tenant, { workflow: text, limit: 10 })).toHaveLength(1);
  },
  async "a run's tags and budgets"(desk, text) {
    const run = { budgetIds: [text], tags: [text, "b"] };
    const runId = await desk.run(run);
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject(run);
    expect(await desk.runs.list(desk.tenant, { tag: text, limit: 10 })).toHaveLength(1);
  },
  async "a step's path"(desk, text) {
    const runId = await desk.run();
    await desk.commitStep({ runId, path: text, checkpointId: text });
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ path: text, checkpointId: text }]);
  },
  async "a checkpoint's thread and line"(desk, text) {
    const place = { thread: text, namespace: text };
    const checkpoints = new CheckpointDesk(desk);
    await checkpoints.save("a", { ...place, elements: [element(1, 0)] });
    expect((await checkpoints.get(place))?.row).toMatchObject(place);
    expect(await checkpoints.texts("a", place)).toEqual(["1.0"]);
    expect(await checkpoints.list(place)).toMatchObject([place]);
    expect(await checkpoints.count(place)).toBe(1);
    expect(await checkpoints.lineage(place)).toEqual(["a"]);
    expect(await checkpoints.deleteThread(text)).toBe(true);
  },
  async "a checkpoint's id"(desk, text) {
    const checkpoints = new CheckpointDesk(desk);
    await checkpoints.save(text);
    await checkpoints.save(`\u{10ffff}`, { parentId: text });
    expect(await checkpoints.at({ id: text })).toBe(text);
    expect(await checkpoints.lineage()).toEqual(["\u{10ffff}", text]);
    expect(await checkpoints.listed({ before: "\u{10ffff}" })).toEqual([text]);
    expect(await checkpoints.listed({ before: text })).toEqual([]);
    expect(await checkpoints.count({ id: text, from: text, before: "\u{10ffff}" })).toBe(1);
  },
  async "a checkpoint's name and step"(desk, text) {
    const said = { name: text, step: text };
    const checkpoints = new CheckpointDesk(desk);
    await checkpoints.save("a", said);
    expect((await checkpoints.get({ name: text }))?.row).toMatchObject(said);
    expect(await checkpoints.list({ name: text })).toMatchObject([said]);
    expect(await checkpoints.count({ name: text })).toBe(1);
  },
  async "an item's namespace, key and value"(desk, text) {
    const items = new ItemDesk(desk);
    await items.put(text, { [text]: text }, [text]);
    await items.put(text, {}, [`${text}x`]);
    const conditions = [{ path: [text], comparison: "eq", operand: JSON.stringify(text) } as const];
    const [found, ...others] = await items.search({ prefix: [text], conditions });
    expect([found?.namespace, found?.key, valueOf(found), others]).toEqual([
      [text],
      text,
      { [text]: text },
      [],
    ]);
    expect(await items.get(text, [text])).toEqual(found);
    const matches = [{ end: "last", labels: [text] } as const];
    expect(await items.namespaces({ matches })).toEqual([text]);
  },
  async "where a call and a run come from"(desk, text) {
    const forkedFrom = { runId: desk.nextId(), checkpointId: text };
    const runId = await desk.run({ forkedFrom });
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ forkedFrom });
    const label = { runId, checkpointId: text, provider: "openai", model: "gpt-test" };
    const callId = await desk.spend(10n, [], { label });
    expect(await desk.entriesOf(callId)).toMatchObject([{ label }]);
    expect(await desk.ledger.costs(desk.tenant, runId)).toMatchObject([{ label }]);
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
    const runId = await desk.run({ input: text });
    const end = { status: "failed", result: text, error: text } as const;
    await desk.runs.finish(desk.tenant, { runId, epoch: 1, ...end });
    expect(await desk.runs.get(desk.tenant, runId)).toMatchObject({ input: text, ...end });
  },
  async "a step's result"(desk, text) {
    const runId = await desk.run();
    await desk.commitStep({ runId, result: text });
    expect(await desk.runs.steps(desk.tenant, runId)).toMatchObject([{ result: text }]);
  },
  async "the texts of a checkpoint"(desk, text) {
    const checkpoints = new CheckpointDesk(desk);
    const said = { manifest: text, metadata: text };
    await checkpoints.save("a", { ...said, elements: [element(1, 0, text), element(1, 1, `${text}2`)] });
    expect((await checkpoints.get())?.row).toMatchObject(said);
    expect(await checkpoints.texts("a")).toEqual([text, `${text}2`]);
    expect(await checkpoints.list()).toMatchObject([{ metadata: text }]);
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
