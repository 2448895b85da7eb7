import { InMemoryStore } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { isBudgetExceeded } from "@wflo/core";
import { agentWorkflow } from "@wflo/mastra";
import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { expect, test, vi } from "vitest";
import { lookTool, seenIn, TURN } from "./looking-agent.ts";
import { agentOf, MODEL, newWflo, openaiOf, settled, simulate } from "./mastra-desk.ts";

const RUN = "0198c1d2-0000-7000-8000-00000000000e";
const memory = { thread: "t", resource: "r" };
const options = { modelSettings: { maxOutputTokens: 1_000 }, memory };
const LOOK = { ...TURN, toolCalls: [{ name: "look", arguments: "{}" }] };
const SEEN = { ...TURN, text: "All seen." };
const NOTED = {
  ...TURN,
  toolCalls: [{ name: "updateWorkingMemory", arguments: '{"memory":"- Name: Ann"}' }],
};

const OF_COURSE = { ...TURN, text: "Of course." };
/** Whether somebody else asks meanwhile. */
const isSmallTalk = ({ body }: SimulatorRequest) =>
  JSON.stringify((body as { readonly input: readonly unknown[] }).input.at(-1)).includes("Are you there?");

/** An agent with a memory, as each process makes it. */
async function remembering(turns: readonly SimulatorReply[], workingMemory: boolean) {
  const simulator = await simulate((request) =>
    isSmallTalk(request) ? OF_COURSE : (turns[seenIn(request)] ?? {}),
  );
  const { wflo } = await newWflo();
  const storage = new InMemoryStore();
  const looked: string[] = [];
  const agent = () =>
    agentOf({
      model: openaiOf(simulator)(MODEL),
      tools: { look: lookTool(looked) },
      memory: new Memory({
        storage,
        options: { lastMessages: 10, workingMemory: { enabled: workingMemory } },
      }),
    });
  const workflow = (stream: boolean) =>
    wflo.workflow<string, { readonly text: string | PromiseLike<string> }>(
      "agent",
      agentWorkflow(agent(), { options, stream }),
    );
  return { simulator, wflo, looked, agent, workflow };
}

test.each([false, true])(
  "what a run has noted in its working memory makes nothing be asked or done again (stream: %s)",
  async (stream) => {
    const { simulator, wflo, looked, workflow } = await remembering([NOTED, LOOK, SEEN], true);
    const start = async () => {
      const { text } = await workflow(stream).run("Look around.", { runId: RUN, budget: "0.0015" });
      return text;
    };
    await settled(start());
    await vi.waitFor(async () => expect((await wflo.runs.get(RUN))?.status).toBe("paused"), 30_000);
    expect([simulator.requests.length, looked.length]).toEqual([2, 1]);
    const { text } = await workflow(stream).resume(RUN, { topUp: { to: "1.00" } });
    expect(await text).toBe("All seen.");
    expect([simulator.requests.length, looked.length]).toEqual([3, 1]);
    expect((await wflo.runs.get(RUN))?.cost.total).toBe("0.0015");
  },
);

test("what others say in its thread meanwhile makes nothing be asked or done again", async () => {
  const { simulator, looked, agent, workflow } = await remembering([LOOK, LOOK, SEEN], false);
  const refused = await settled(workflow(false).run("Look around.", { runId: RUN, budget: "0.0015" }));
  expect(isBudgetExceeded(refused)).toBe(true);
  expect((await agent().generate("Are you there?", options)).text).toBe("Of course.");
  expect((await workflow(false).resume(RUN, { topUp: { to: "1.00" } })).text).toBe("All seen.");
  expect([simulator.requests.length, looked.length]).toEqual([4, 2]);
  const { messages } = await (await agent().getMemory())!.recall({ threadId: "t", resourceId: "r" });
  const said = messages.map(({ role }) => role);
  expect(said.toSorted()).toEqual(["assistant", "assistant", "user", "user"]);
});
