import { RequestContext } from "@mastra/core/request-context";
import { InMemoryStore } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { wfloProcessor } from "@wflo/mastra";
import { expect, test, vi } from "vitest";
import { agentOf, lines, MODEL, newAgent, newWflo, openaiOf, simulate, windowOf } from "./mastra-desk.ts";

const ofUser = (id: string | number) => ({ requestContext: new RequestContext([["userId", id]]) }) as never;

test("a higher maxCost leaves everything else as it is of a budget that somebody has set", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const others = { parent: "user", timeZone: "Europe/Paris", onExpiry: "release", warnAt: [0.5] } as const;
  await wflo.budgets.set({ id: "mastra/user/u/day", caps: { day: "0.10", month: "3.00" }, ...others });
  const processor = wfloProcessor({ wflo, maxCost: "0.50", scope: "user", window: "day", warnAtPercent: 80 });
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), inputProcessors: [processor] });
  expect((await agent.generate("Bees?", ofUser("u"))).text).toBe("Bees.");
  const budget = await wflo.budgets.get("mastra/user/u/day");
  expect(budget).toMatchObject({ ...others, warnAt: [0.5, 0.8] });
  expect(budget?.windows.map(({ window, cap }) => `${window} ${cap}`)).toEqual(["day 0.50", "month 3.00"]);
  const [line] = await lines(wflo, 1);
  expect(await windowOf(wflo)).toMatchObject({ spent: line?.charged });
});

test.each(["thread", "resource"] as const)(
  "an agent that works for another one counts by the %s of that one, each time it is set to work",
  async (scope) => {
    const simulator = await simulate((request) =>
      request.index % 3 === 0
        ? { toolCalls: [{ name: "agent-writer", arguments: '{"prompt":"Write."}' }] }
        : { text: "Written." },
    );
    const { wflo } = await newWflo();
    const model = openaiOf(simulator)(MODEL);
    const own = wfloProcessor({ wflo, maxCost: "0.50", scope, window: "total" });
    const writer = newAgent({ model, inputProcessors: [own] }, "writer");
    const agent = agentOf({
      model,
      agents: { writer },
      memory: new Memory({ storage: new InMemoryStore() }),
      inputProcessors: [wfloProcessor({ wflo, budgets: ["user"] })],
    });
    const memory = { thread: "t", resource: "r" };
    for (const question of ["Bees?", "Wasps?"]) await agent.generate(question, { memory });
    const written = (await lines(wflo, 6)).filter(({ agent: name }) => name === "writer");
    const ids = written.map(({ budgetIds }) => budgetIds.toSorted());
    expect(ids).toEqual(Array.from({ length: 2 }, () => [`mastra/${scope}/${memory[scope]}/total`, "user"]));
  },
);

test("processors that are made for each request tell one warning once, and leave nothing behind", async () => {
  const simulator = await simulate([{ text: "Bees.", inputTokens: 1_000, outputTokens: 1_000 }]);
  const { wflo } = await newWflo();
  const listen = vi.spyOn(wflo, "on");
  const told: string[] = [];
  const processorOf = (request: number) =>
    wfloProcessor({
      wflo,
      maxCost: "0.01",
      scope: "user",
      window: "total",
      warnAtPercent: 12,
      onViolation: ({ message }) => void told.push(`${request}: ${message}`),
    });
  let requests = 0;
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    defaultOptions: { modelSettings: { maxOutputTokens: 1_000 } },
    inputProcessors: () => [processorOf(requests)],
  });
  for (requests = 1; requests <= 3; requests += 1) await agent.generate("Bees?", ofUser("u"));
  await wflo.flush();
  expect(told).toEqual(["3: Budget mastra/user/u/total has spent $0.0015 of $0.01."]);
  expect(listen).toHaveBeenCalledOnce();
});

test("any id has a budget of its own", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const inputProcessors = [wfloProcessor({ wflo, maxCost: "0.50", scope: "user", window: "total" })];
  const agent = agentOf({ model: openaiOf(simulator)(MODEL), inputProcessors });
  const ask = async (id: string | number) =>
    expect((await agent.generate("Bees?", ofUser(id))).text).toBe("Bees.");
  const budgets = async () =>
    (await wflo.budgets.list({ prefix: "mastra/user/", limit: 100 })).map(({ id }) => id);
  const plain = ["42", "__proto__", "a/b", "*", "%", "Zoë 🐝", " "];
  for (const id of plain) await ask(id);
  expect((await budgets()).toSorted()).toEqual(plain.map((id) => `mastra/user/${id}/total`).toSorted());
  const digested = ["x".repeat(400), `${"x".repeat(400)}y`, "a\nb", "\ud800", "\ud801", "~1"];
  for (const id of digested) await ask(id);
  const all = await budgets();
  expect(all).toHaveLength(plain.length + digested.length);
  // A number is the same as its digits, and what looks like the digest of another id is an id of its own.
  await ask(42);
  const digests = all.flatMap((id) => /^mastra\/user\/(~.*)\/total$/.exec(id)?.[1] ?? []);
  for (const id of digests) await ask(id);
  expect(await budgets()).toHaveLength(all.length + digested.length);
});
