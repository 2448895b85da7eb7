import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { prose } from "./prose.ts";

const QUESTION_CHARACTERS = 1_000;
const ANSWER_CHARACTERS = 2_000;
const NOTE_CHARACTERS = 200;

/** An agent without a model: each turn a question, a note, and an answer. */
export interface ChatAgent {
  readonly turn: (thread: number, turn: number) => Promise<unknown>;
  /** How many messages a thread has. */
  readonly messages: (thread: number) => Promise<number>;
}

/** Its graph has two nodes, which make four checkpoints a turn, on a channel of messages and two small ones. */
export function chatAgent(checkpointer: BaseCheckpointSaver): ChatAgent {
  const State = Annotation.Root({
    messages: MessagesAnnotation.spec.messages,
    turn: Annotation<number>(),
    note: Annotation<string>(),
  });
  const graph = new StateGraph(State)
    .addNode("retrieve", async ({ turn }) => ({ note: `turn ${turn}: ${prose(NOTE_CHARACTERS, turn)}` }))
    .addNode("agent", async ({ turn }, { configurable }) => {
      return { messages: [answer(Number(configurable?.["thread_number"]), turn)] };
    })
    .addEdge(START, "retrieve")
    .addEdge("retrieve", "agent")
    .addEdge("agent", END)
    .compile({ checkpointer });
  const configOf = (thread: number) => ({
    configurable: { thread_id: `thread ${thread}`, thread_number: thread },
  });
  return {
    turn: (thread, turn) =>
      graph.invoke(
        { messages: [question(thread, turn)], turn },
        { ...configOf(thread), durability: "async" },
      ),
    async messages(thread) {
      const { values } = await graph.getState(configOf(thread));
      return (values as typeof State.State).messages.length;
    },
  };
}

function question(thread: number, turn: number): HumanMessage {
  const content = prose(QUESTION_CHARACTERS, thread * 100_003 + turn * 2);
  return new HumanMessage({ id: `question-${thread}-${turn}`, content });
}

function answer(thread: number, turn: number): AIMessage {
  const input = 250 * (turn + 1);
  const fields = {
    id: `answer-${thread}-${turn}`,
    content: prose(ANSWER_CHARACTERS, thread * 100_003 + turn * 2 + 1),
    usage_metadata: { input_tokens: input, output_tokens: 480, total_tokens: input + 480 },
    response_metadata: { model_name: "none-1", finish_reason: "stop", system_fingerprint: "fp_0123456789" },
  };
  // The type has usage only for messages of a structure of its own.
  return new AIMessage(fields as unknown as ConstructorParameters<typeof AIMessage>[0]);
}
