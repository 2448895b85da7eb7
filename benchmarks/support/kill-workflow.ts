import { currentRun, type Run, type Wflo, type Workflow } from "@wflo/core";

/** One answer of the model, streamed or whole. */
export type Ask = (prompt: string, isStreamed?: boolean) => Promise<string>;

/** What a run of the kill benchmark comes to. */
export interface Report {
  readonly text: string;
  readonly notes: readonly (readonly [string, readonly string[]])[];
  readonly drafts: number;
}

/** What the polishing restores and goes on with. */
interface Polish {
  turn: number;
  readonly lines: string[];
  readonly seen: Set<string>;
}

/** Steps that one run saves. */
export const STEPS_A_RUN = 30;

/** States that a finished run has, by name: those that are saved between steps, and those of the agents. */
export const STATES_BETWEEN_STEPS = ["planned", "researched", "polish", "final"] as const;
export const STATES_OF_AGENTS = ["notes habitat", "notes diet", "notes history"] as const;

const TOPICS = ["habitat", "diet", "history"] as const;
const TURNS = 4;
const TOOL_MS = 5;

/**
 * A plan, three agents at once with steps, tools, calls and checkpoints of their own, a loop that goes on from its own checkpoint,
 * a write-up. Each prompt has the answers before it in it: a different answer anywhere gives another report. `onStep` is told of
 * each execution of a step's function before anything else.
 */
export function researchWorkflow(
  wflo: Wflo,
  ask: Ask,
  onStep: (path: string) => void,
): Workflow<{ readonly subject: string }, Report> {
  const noted =
    <T>(work: () => Promise<T>) =>
    async (): Promise<T> => {
      onStep(currentRun()?.step ?? "?");
      return work();
    };
  const asking = (prompt: string) => noted(() => ask(prompt));

  async function research(run: Run<unknown>, topic: string, plan: string): Promise<string[]> {
    const outline = await run.step("outline", asking(`Outline ${topic} after ${plan}`));
    const found: string[] = [];
    for (const page of [0, 1]) {
      const search = () => run.tool("search", () => later(`${outline} ${page}`), { price: "0.001" });
      found.push(await run.step({ name: "search", key: page }, noted(search)));
    }
    const reading = found.map((text, page) =>
      run.step({ name: "read", key: page }, asking(`Read ${text} for ${topic}`)),
    );
    const notes = await Promise.all(reading);
    await run.checkpoint(`notes ${topic}`, { topic, notes: new Map(notes.entries()) });
    notes.push(await run.step("sum up", asking(`Sum up ${notes.join(" ")}`)));
    return notes;
  }

  async function polish(run: Run<unknown>, merged: string): Promise<Polish> {
    const state = (await run.restore<Polish>("polish")) ?? { turn: 0, lines: [merged], seen: new Set() };
    while (state.turn < TURNS) {
      const prompt = `Polish ${state.lines.at(-1)}`;
      const line = await run.step({ name: "polish", key: state.turn }, asking(prompt));
      state.lines.push(line);
      state.seen.add(line);
      state.turn += 1;
      await run.checkpoint("polish", state);
    }
    return state;
  }

  return wflo.workflow("research", async (run, { subject }) => {
    const plan = await run.step("plan", asking(`Plan a report on ${subject}`));
    await run.checkpoint("planned", { subject, plan });
    const agents = TOPICS.map((topic) => {
      const agent = { name: "researcher", key: topic, budget: "1.00" };
      return run.agent(
        agent,
        noted(() => research(run, topic, plan)),
      );
    });
    const notes = new Map((await Promise.all(agents)).map((found, at) => [TOPICS[at] ?? "", found] as const));
    await run.checkpoint("researched", { subject, notes });
    const merge = () => run.tool("merge", () => later([...notes.values()].flat().join(" ")));
    const merged = await run.step("merge", noted(merge));
    const polished = await polish(run, merged);
    const draft = await run.step(
      "draft",
      noted(() => ask(`Draft ${polished.lines.join(" ")}`, true)),
    );
    const review = await run.step("review", asking(`Review ${draft}`));
    const write = () => run.tool("write", () => later(`${draft}\n${review}`), { price: "0.002" });
    const text = await run.step("write up", noted(write));
    await run.checkpoint("final", { text, notes, polished, at: new Date(0) });
    return { text, notes: [...notes], drafts: polished.lines.length };
  });
}

/** A tool that takes a moment. */
function later(text: string): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(text), TOOL_MS));
}
