import type { MessageList } from "@mastra/core/agent";
import type { InputProcessor } from "@mastra/core/processors";
import { currentAgentRun } from "@wflo/ai-sdk/models";

/** Under which a request has the memory of its agent. */
const MEMORY = "MastraMemory";

type State = Parameters<MessageList["deserialize"]>[0];

/**
 * Has an agent in a run of wflo remember in every execution what it remembered in the first one: messages of its thread, what it found by meaning, its
 * working memory. The run itself changes all that, and others do meanwhile; asked with what the memory says now, no answer that was saved would fit.
 */
export const rememberedInput: InputProcessor = {
  id: "wflo-memory",
  async processInput({ messageList, requestContext }) {
    const run = currentAgentRun();
    if (run === undefined || requestContext?.get(MEMORY) === undefined) return messageList;
    const first = messageList.serialize();
    let isLive = false;
    const asked = JSON.stringify([first.memoryInfo, messageList.getLatestUserContent()]);
    const saved = await run.step("memory", asked, async () => {
      isLive = true;
      // As Mastra itself keeps it in the states of its workflows.
      return JSON.stringify(first);
    });
    return isLive ? messageList : messageList.deserialize(JSON.parse(saved) as State);
  },
};
